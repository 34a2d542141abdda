import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assetPath } from "../../../src/core/asset.ts";
import { failureRules } from "../../../src/route/failure-rules.ts";

const page = assetPath("docs/routing.md");
const section = /(<!-- failures: .* -->\n)[\s\S]*(<!-- \/failures -->)/;
const next = {
  "next-target": "the next target",
  "larger-window": "the next target with a larger context window",
  nobody: "nobody: the client gets the answer",
};
const ejects = {
  errors: "after 10 in a row, or half of at least 5 in 10 s; at once for as long as it asks",
  throttled: "for as long as it asks, else 1 s, doubling to 60 s",
  refused: "30 s, with every model of its backend",
  unavailable: "30 s, and no other model of its backend",
};

describe("the table of the documentation", () => {
  it("says what the code does", () => {
    const written = readFileSync(page, "utf8");
    const due = written.replace(section, (_, open: string, close: string) => `${open}${table()}${close}`);
    if (process.env.UPDATE === "1") writeFileSync(page, due);
    assert.match(written, section);
    assert.equal(written, due);
  });
});

function table(): string {
  const head = [
    "class",
    "told by",
    "asked next",
    "the same again after `Retry-After`",
    "its target is ejected",
  ];
  const rows = Object.entries(failureRules).map(([name, rule]) => [
    `\`${name}\``,
    rule.toldBy,
    next[rule.next],
    rule.waits ? "with no other left, within `timeouts.retryAfter`" : "never",
    rule.ejects === undefined ? "no" : ejects[rule.ejects],
  ]);
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`);
  return lines.join("");
}
