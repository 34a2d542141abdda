import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { GatewayError } from "../../../src/core/errors.ts";
import { JsonScan, jsonDepthMax } from "../../../src/core/json-scan.ts";
import { KeySet } from "../../../src/core/key-set.ts";
import { growth } from "../../support/measure/growth.ts";

const keys = new KeySet(["model", "stream", "max_tokens"]);

/** Scans a whole text and says whether it is accepted. */
function accepts(text: string | Buffer): boolean {
  try {
    const scan = new JsonScan(Buffer.from(text));
    scan.skip();
    scan.finish();
    return true;
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    assert.equal(error.code, "invalid_request");
    return false;
  }
}

/** What `JSON.parse` thinks of it. */
function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The value read back through the pulling calls alone. */
function read(scan: JsonScan): unknown {
  const kind = scan.kind();
  if (kind === "string") {
    scan.string();
    return scan.text();
  }
  if (kind === "array") {
    scan.enter();
    const items: unknown[] = [];
    while (scan.nextItem()) items.push(read(scan));
    return items;
  }
  if (kind === "object") {
    scan.enter();
    const members = new Map<string, unknown>();
    for (let name = scan.nextName(); name !== undefined; name = scan.nextName())
      members.set(name, read(scan));
    return Object.fromEntries(members);
  }
  scan.skip();
  return JSON.parse(scan.literal());
}

function namesOf(text: string): string[] {
  const scan = new JsonScan(Buffer.from(text));
  const names: string[] = [];
  scan.enter();
  for (let key = scan.nextKey(keys); key !== undefined; key = scan.nextKey(keys)) {
    names.push(key);
    scan.skip();
  }
  scan.finish();
  return names;
}

/** Valid JSON in many spellings: white space, escapes, numbers as people write them. */
const spelledJson = fc
  .tuple(fc.jsonValue({ stringUnit: "binary" }), fc.constantFrom("", " ", "\n\t"), fc.boolean())
  .map(([value, space, spelled]) => {
    const text = JSON.stringify(value, null, space) ?? "null";
    return spelled ? text.replace(/[a-z](?=[^"]*"(?:[^"]*"[^"]*")*[^"]*$)/g, unicodeEscape) : text;
  });

function unicodeEscape(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function loneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text) || /\\u[dD][89a-fA-F]/.test(text);
}

describe("JsonScan", () => {
  it("accepts exactly what JSON.parse accepts, over mutated texts", () => {
    const mutation = fc.record({
      at: fc.nat(),
      length: fc.nat(3),
      insert: fc.constantFrom(
        "",
        ",",
        '"',
        "\\",
        "{",
        "}",
        "[",
        "]",
        ":",
        "0",
        "-",
        ".",
        "e",
        "\u0001",
        " ",
        "t",
      ),
    });
    fc.assert(
      fc.property(spelledJson, fc.array(mutation, { maxLength: 3 }), (json, mutations) => {
        let text = json;
        for (const { at, length, insert } of mutations) {
          const start = at % (text.length + 1);
          text = text.slice(0, start) + insert + text.slice(start + length);
        }
        fc.pre(!loneSurrogate(text));
        assert.equal(accepts(text), parses(text), text);
      }),
      { numRuns: 5_000, seed: 1 },
    );
  });

  it("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(spelledJson, (text) => {
        fc.pre(!loneSurrogate(text));
        assert.deepEqual(read(new JsonScan(Buffer.from(text))), JSON.parse(text));
      }),
      { numRuns: 2_000, seed: 2 },
    );
  });

  for (const text of [
    "",
    " ",
    "{",
    "[1,]",
    '{"a":1,}',
    "01",
    "1.",
    ".5",
    "+1",
    "1e",
    "-",
    "nul",
    "truex",
    "'a'",
    "[1]2",
    '"\\x"',
    '"\\u12g4"',
    '"a',
    '"\t"',
    "NaN",
    "{a:1}",
    "[1 2]",
    '{"a" 1}',
    '{"a":}',
    "]",
  ])
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(accepts(text), false));

  for (const text of [
    "0",
    "-0",
    "1e5",
    "1E+5",
    "-1.5e-3",
    "null",
    '"\\ud83d\\ude00"',
    " [ ] ",
    '{ "a" : { } }\n',
  ])
    it(`accepts ${JSON.stringify(text)}`, () => assert.equal(accepts(text), true));

  it("refuses half a surrogate pair wherever it stands", () => {
    for (const text of [
      '"\\ud800"',
      '"\\udc00"',
      '"\\ud800\\ud800"',
      '"\\ud800\\u0041"',
      '{"\\ud800":1}',
      '"\\ud800x"',
    ])
      assert.equal(accepts(text), false, text);
  });

  it("refuses bytes that are not UTF-8, and a byte order mark", () => {
    assert.equal(accepts(Buffer.from([0x22, 0xff, 0x22])), false);
    assert.equal(accepts(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])), false);
    assert.equal(accepts("\ufeff{}"), false);
  });

  it("refuses to nest deeper than its bound, and not before", () => {
    assert.equal(accepts("[".repeat(jsonDepthMax) + "]".repeat(jsonDepthMax)), true);
    assert.equal(accepts("[".repeat(jsonDepthMax + 1) + "]".repeat(jsonDepthMax + 1)), false);
    assert.equal(accepts('{"a":'.repeat(10_000)), false);
  });

  it("knows a key by what it says, however it is escaped", () => {
    assert.deepEqual(namesOf('{"\\u006dodel":1,"x":2,"stream":3}'), ["model", "", "stream"]);
  });

  for (const text of [
    '{"model":1,"model":2}',
    '{"model":1,"\\u006dodel":2}',
    '{"Model":1}',
    '{"ſtream":1}',
    '{"max_to\u212aens":1}',
    '{"max_to\\u212Aens":1}',
    '{"model\\u0000":1}',
    '{"STREAM\\u0000x":1}',
  ])
    it(`refuses ${text}, which parsers read differently`, () =>
      assert.throws(() => namesOf(text), { code: "invalid_request" }));

  it("lets keys that decide nothing come twice, in any letters", () => {
    assert.deepEqual(namesOf('{"other":1,"other":2,"Öl":3,"MODELS":4}'), ["", "", "", ""]);
  });

  it("names no content when it refuses", () => {
    assert.throws(
      () => new JsonScan(Buffer.from('{"a":"secret')).skip(),
      (error: GatewayError) => !error.message.includes("secret"),
    );
  });

  it("takes time in proportion to its input, whatever that is", () => {
    const scan = (text: string) => {
      const body = Buffer.from(text);
      return () => void accepts(body);
    };
    for (const unit of ['"\\u0041",', "[],", '"a",', "1,", '{"a":1},', '"\\\\",']) {
      const [large, small] = [160_000, 20_000].map((count) => scan(`[${unit.repeat(count)}0]`));
      const grown = growth(large!, small!, 8, 2.5);
      assert.ok(grown <= 2.5, `${unit}: 8 times as much took ${8 * grown} times as long`);
    }
  });
});
