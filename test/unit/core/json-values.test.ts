import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cutMark, JsonValues, stringBytesMax, withoutCuts } from "../../../src/core/json-values.ts";

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

describe("the strings of a long text", () => {
  const long = stringBytesMax + 1_000;

  /** What is left of a text that comes in pieces of so many bytes. */
  function read(text: string, pieceBytes: number): string {
    const bytes = Buffer.from(text);
    const values = new JsonValues();
    for (let at = 0; at < bytes.length; at += pieceBytes)
      values.add(bytes, at, Math.min(bytes.length, at + pieceBytes));
    return withoutCuts(bytes, 0, bytes.length, values.cuts).toString();
  }

  for (const [name, piece] of [
    ["letters", "a"],
    ["characters of three bytes", "字"],
    ["characters of four bytes", "😀"],
    ["escapes", "\\n"],
    ["escapes by number", "\\ud83d\\ude00"],
    ["backslashes", "\\\\"],
    ["quotes", '\\"'],
  ] as const)
    it(`are cut behind the bound and stay JSON: ${name}`, () => {
      for (const shift of ["", "a", "aa", "aaa", "aaaa", "aaaaa"]) {
        const content = shift + piece.repeat(Math.ceil(long / Buffer.byteLength(piece)));
        const text = `{"first":"${content}","second":"${piece.repeat(200)}","finish":"stop"}`;
        const left = read(text, 4_096);
        assert.equal(left, read(text, text.length));
        assert.ok(Buffer.byteLength(left) < stringBytesMax + 1_000);
        const parsed: unknown = JSON.parse(left);
        assert.ok(isFacts(parsed));
        assert.equal(parsed.finish, "stop");
        assert.ok(parsed.first.endsWith(cutMark) && parsed.second.endsWith(cutMark));
        const whole = JSON.parse(`"${content}"`);
        assert.ok(String(whole).startsWith(parsed.first.slice(0, -2)));
      }
    });

  it("are all read where they are not long together", () => {
    const text = JSON.stringify({
      a: "x".repeat(stringBytesMax / 2),
      b: "y".repeat(stringBytesMax / 2 - 10),
    });
    assert.equal(read(text, 4_096), text);
  });
});

function isFacts(value: unknown): value is { first: string; second: string; finish: string } {
  return typeof value === "object" && value !== null && "first" in value && "second" in value;
}
