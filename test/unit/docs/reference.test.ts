import { describe, it } from "node:test";
import { adminApiReference } from "../../support/reference/admin-api.ts";
import { assertGenerated } from "../../support/reference/generated-part.ts";
import { metricsReference } from "../../support/reference/metrics.ts";

describe("the reference documents", () => {
  const parts: readonly (readonly [path: string, render: () => string])[] = [
    ["docs/metrics.md", metricsReference],
    ["docs/admin-api.md", adminApiReference],
  ];
  for (const [path, render] of parts)
    it(`${path} says what the code says`, () => assertGenerated(path, render()));
});
