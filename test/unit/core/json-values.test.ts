import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { JsonValues } from "../../../src/core/json-values.ts";

function count(text: string, cuts: readonly number[] = []): number {
  const bytes = Buffer.from(text);
  const values = new JsonValues();
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    values.add(bytes, from, to);
    from = to;
  }
  return values.count;
}

describe("JsonValues", () => {
  it("counts what stands before values outside strings", () => {
    assert.equal(count('{"a":[1,2,{"b":"x,y,[{"}]}'), 5);
    assert.equal(count('{"a":"\\"[[[,,,\\\\"}'), 1);
  });

  it("counts the same wherever the text is cut", () => {
    const text = '{"a":"\\\\\\",[","b":[[],{}]}';
    for (let at = 0; at <= text.length; at += 1) assert.equal(count(text, [at]), count(text), `cut at ${at}`);
  });

  it("is not told by a quote in another line that values are text", () => {
    assert.equal(count(': "\ndata: [[],[]]'), count("data: [[],[]]"));
  });
});
