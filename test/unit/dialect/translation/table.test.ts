import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { featureNames, features, type Support } from "../../../../src/dialect/feature.ts";
import { requirements } from "../../../../src/route/requirement.ts";
import { upstreamDialects } from "../../../support/translation.ts";

const page = fileURLToPath(new URL("../../../../docs/translation.md", import.meta.url));
const marks: Readonly<Record<Support, string>> = { kept: "✓", adapted: "≈", dropped: "–", refused: "✗" };
const section = /(<!-- features: .* -->\n)[\s\S]*(<!-- \/features -->)/;

describe("the table of the documentation", () => {
  it("says what the code does", () => {
    const written = readFileSync(page, "utf8");
    const due = written.replace(section, (_, open: string, close: string) => `${open}${table()}${close}`);
    if (process.env.UPDATE === "1") writeFileSync(page, due);
    assert.match(written, section);
    assert.equal(written, due);
  });
});

function capabilityOf(feature: string): string {
  const name = feature.replaceAll("_", "-");
  assert.ok(requirements.includes(name), name);
  return name;
}

function table(): string {
  const head = ["capability", "asked for", ...upstreamDialects.map(({ name }) => name)];
  const rows = featureNames.map((feature) => [
    `\`${capabilityOf(feature)}\``,
    features[feature],
    ...upstreamDialects.map(({ upstream }) => marks[upstream!.reach.supports[feature]]),
  ]);
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`);
  return lines.join("");
}
