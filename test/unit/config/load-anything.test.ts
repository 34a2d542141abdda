import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import fc from "fast-check";
import { loadConfig } from "../../../src/config/load.ts";
import { assetPath } from "../../../src/core/asset.ts";

const folder = mkdtempSync(join(tmpdir(), "tollgate-anything-"));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, "tollgate.yaml");

const golden = assetPath("test/golden/config/");
const [example = ""] = readFileSync(
  `${golden}the-whole-example-with-parts-of-later-versions.txt`,
  "utf8",
).split("==== ");
const words = example.split(/([\s{}[\],:]+)/);
const junk = fc.oneof(
  fc.constantFrom(
    "",
    "null",
    "[]",
    "{}",
    "-1",
    "1e999",
    "0x1F",
    "true",
    "~",
    "!!binary a",
    "*",
    "&a",
    "*a",
    "|",
    "#",
  ),
  fc.constantFrom(
    `"\${env:API_KEY}"`,
    `"\${file:.}"`,
    "__proto__",
    "constructor",
    "'",
    '"',
    "\t",
    "\u0000",
    "? a\n: b",
  ),
  fc.string({ maxLength: 20 }),
);

describe("loadConfig()", () => {
  it("has a snapshot or a problem for whatever is written, and never throws", () => {
    const edits = fc.array(fc.tuple(fc.nat(words.length - 1), junk), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(edits, (chosen) => {
        const edited = [...words];
        for (const [index, word] of chosen) edited[index] = word;
        writeFileSync(path, edited.join(""));
        const loaded = loadConfig(path, { API_KEY: "sk-canary" });
        assert.equal(loaded.kind, "problems");
        for (const problem of loaded.problems) assert.ok(problem.line >= 1 && problem.message !== "");
        assert.ok(!JSON.stringify(loaded.problems).includes("canary"));
      }),
      { numRuns: 200 },
    );
  });
});
