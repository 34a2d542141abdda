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
  nobody: "none: the client gets the answer",
};
const ejections = {
  errors:
    "after 10 failures in a row, or when half of at least 5 attempts in 10 s fail; at once when it sends `Retry-After`, for that long",
  throttled: "for its `Retry-After`; else for 1 s, doubling to 60 s",
  refused: "for 30 s, with every model of its backend",
  unavailable: "for 30 s, and no other model of its backend",
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
    "evidence",
    "asked next",
    "same target again after `Retry-After`",
    "ejects its target",
  ];
  const rows = Object.entries(failureRules).map(([name, rule]) => [
    `\`${name}\``,
    rule.evidence,
    next[rule.next],
    rule.waits ? "if no other is left, within `timeouts.retryAfter`" : "never",
    rule.ejects === undefined ? "no" : ejections[rule.ejects],
  ]);
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`);
  return lines.join("");
}
