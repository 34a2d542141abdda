import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { packageRoot } from "../../src/core/asset.ts";
import { providerConformance } from "../conformance/provider.ts";
import { sinkConformance } from "../conformance/sink.ts";
import { azureOpenai } from "../examples/azure-openai.ts";
import { jsonlFile } from "../examples/jsonl-file.ts";
import { maskWords } from "../examples/mask-words.ts";
import { officeHours } from "../examples/office-hours.ts";
import { kindContext } from "../support/core/kind-context.ts";
import { exampleIn } from "../support/reference/examples.ts";

const page = readFileSync(join(packageRoot, "CONTRIBUTING.md"), "utf8");

/** Every example of the page, by the file it is to be written to under src. */
const examples = [
  "provider/azure-openai.ts",
  "policy/office-hours.ts",
  "usage/sink/jsonl-file.ts",
  "dialect/filter/mask-words.ts",
];

describe("CONTRIBUTING.md", () => {
  for (const path of examples)
    it(`shows src/${path} as it is compiled and tested, in 15 to 35 lines`, () => {
      const example = exampleIn(path);
      assert.ok(
        page.includes(`\`\`\`ts\n// src/${path}\n${example}\n\`\`\``),
        `the block should be:\n// src/${path}\n${example}`,
      );
      const lines = example.split("\n").length;
      assert.ok(lines >= 15 && lines <= 35, `${lines} lines`);
    });

  it("shows no other code than these", () =>
    assert.equal([...page.matchAll(/```ts\n/g)].length, examples.length));

  it("links to what is there", () => {
    for (const [, path = ""] of page.matchAll(/\]\(([^)#:]+)\)/g))
      assert.ok(existsSync(join(packageRoot, path)), path);
  });
});

describe("the examples of CONTRIBUTING.md", () => {
  providerConformance(azureOpenai);
  sinkConformance(jsonlFile);

  it("have a policy that denies outside its hours", () => {
    const section = officeHours.schema.parse({ name: "office", hours: { from: 8, until: 18 } });
    const policy = officeHours.create(section as never, kindContext({ name: "limits[0]" }));
    const kindAt = (time: string) =>
      policy.judge?.({ nowMs: Date.parse(time) } as Parameters<NonNullable<typeof policy.judge>>[0]).kind;
    assert.equal(kindAt("2026-12-01T08:00:00Z"), "allow");
    assert.equal(kindAt("2026-12-01T18:00:00Z"), "deny");
  });

  it("have a filter that masks a word also when it is cut across events", () => {
    const make = maskWords(["falcon", "owl"]);
    assert.equal(make({ channel: "arguments", choice: 0, repeated: false }), undefined);
    const filter = make({ channel: "answer", choice: 0, repeated: false });
    assert.ok(filter !== undefined);
    const pieces = ["A fal", "c", "on, an o", "wl, an o", "x, a fal"].map((piece) => filter.push(piece));
    assert.deepEqual([...pieces, filter.end()], ["A ", "", "******, an ", "***, an ", "ox, a ", "fal"]);
  });
});
