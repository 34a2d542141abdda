import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assetPath } from "../../../src/core/asset.ts";
import { http2Limits } from "../../../src/edge/http2/limits.ts";

const readme = readFileSync(assetPath("src/edge/README.md"), "utf8");

describe("the edge's README", () => {
  for (const [name, limit] of Object.entries(http2Limits))
    it(`tells of ${name} and its default`, () => {
      const line = readme.split("\n").find((each) => each.includes(`\`${name}\``));
      const numbers = typeof limit === "number" ? [limit] : [limit.burst, limit.perSecond];
      for (const number of numbers) assert.ok(line?.includes(written(name, number)), `${name}: ${number}`);
    });
});

function written(name: string, value: number): string {
  if (!name.endsWith("Bytes")) return value.toLocaleString("en");
  return value >= 1 << 20 ? `${value >> 20} MiB` : `${value >> 10} KiB`;
}
