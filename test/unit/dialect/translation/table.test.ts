import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assetPath } from "../../../../src/core/asset.ts";
import type { Dialect } from "../../../../src/dialect/dialect.ts";
import { embeddingFeatures } from "../../../../src/dialect/embedding/embedding-feature.ts";
import { features, type Support } from "../../../../src/dialect/feature.ts";
import { requirements } from "../../../../src/route/requirement.ts";
import { embedders } from "../../../support/dialect/embeddings.ts";
import { upstreamDialects } from "../../../support/dialect/translation.ts";

const page = assetPath("docs/translation.md");
const marks: Readonly<Record<Support, string>> = { kept: "✓", adapted: "≈", dropped: "–", refused: "✗" };

describe("the tables of the documentation", () => {
  const chat = table(upstreamDialects, features, [["capability", capabilityOf]]);
  const embeddings = table(embedders, embeddingFeatures);
  for (const [name, due] of [
    ["features", chat],
    ["embeddings", embeddings],
  ] as const)
    it(`say what the code does: ${name}`, () => {
      const section = new RegExp(`(<!-- ${name}: .* -->\n)[\\s\\S]*(<!-- /${name} -->)`);
      const written = readFileSync(page, "utf8");
      const whole = written.replace(section, (_, open: string, close: string) => `${open}${due}${close}`);
      if (process.env.UPDATE === "1") writeFileSync(page, whole);
      assert.match(written, section);
      assert.equal(written, whole);
    });
});

function capabilityOf(feature: string): string {
  const name = feature.replaceAll("_", "-");
  assert.ok(requirements.includes(name), name);
  return `\`${name}\``;
}

/** `first`: what stands before the columns of the table, by feature. */
function table<Name extends string>(
  upstreams: readonly Dialect[],
  features: Readonly<Record<Name, string>>,
  first: readonly [title: string, cell: (feature: Name) => string][] = [],
): string {
  const head = [...first.map(([title]) => title), "asked for", ...upstreams.map(({ name }) => name)];
  const rows = (Object.keys(features) as Name[]).map((feature) => [
    ...first.map(([, cell]) => cell(feature)),
    features[feature],
    ...upstreams.map(({ upstream }) => marks[upstream!.supports[feature]!]),
  ]);
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`);
  return lines.join("");
}
