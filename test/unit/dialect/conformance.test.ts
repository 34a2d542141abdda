import assert from "node:assert/strict";
import { dialects } from "../../../src/dialect/index.ts";
import { dialectConformance } from "../../conformance/dialect.ts";
import { dialectSamples } from "../../conformance/dialect-samples.ts";

for (const dialect of dialects) {
  const sample = dialectSamples[dialect.name];
  assert.ok(sample !== undefined, `${dialect.name} has a sample`);
  dialectConformance(dialect, sample);
}
