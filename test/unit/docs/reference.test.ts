import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keyDescriptions } from "../../../src/config/key-descriptions.ts";
import { adminApiReference } from "../../support/reference/admin-api.ts";
import { configKeysByPath, configurationReference } from "../../support/reference/configuration.ts";
import { assertGenerated } from "../../support/reference/generated-part.ts";
import { metricsReference } from "../../support/reference/metrics.ts";

describe("the reference documents", () => {
  const parts: readonly (readonly [path: string, render: () => string])[] = [
    ["docs/metrics.md", metricsReference],
    ["docs/admin-api.md", adminApiReference],
    ["docs/configuration.md", configurationReference],
  ];
  for (const [path, render] of parts)
    it(`${path} says what the code says`, () => assertGenerated(path, render()));

  it("describe every key of the config", () => {
    const missing = [...configKeysByPath()].filter(([, keys]) => keys.some((key) => !key.schema.description));
    assert.deepEqual(
      missing.map(([path]) => path),
      [],
    );
  });

  it("describe no key that the config does not have", () => {
    const paths = configKeysByPath();
    assert.deepEqual(
      Object.keys(keyDescriptions).filter((path) => !paths.has(path)),
      [],
    );
  });
});
