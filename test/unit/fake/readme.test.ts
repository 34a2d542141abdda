import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assetPath } from "../../../src/core/asset.ts";
import { faultModels } from "../../../src/fake/fault-models.ts";
import { type Faults, faultsOfHeaders } from "../../../src/fake/faults.ts";
import { refusalKinds } from "../../../src/fake/refusal.ts";

const readme = readFileSync(assetPath("src/fake/README.md"), "utf8");
/** One of each: a fault that is not here does not compile, one that is not told fails. */
const every: Required<Faults> = {
  status: 503,
  error: "quota",
  retryAfter: "2",
  hang: true,
  headerDelayMs: 250,
  firstTokenDelayMs: 2_000,
  tokenDelayMs: 20,
  tokens: 500,
  text: `{"ok":true}`,
  cutAfter: 3,
  stallAfter: 3,
  reset: "before-headers",
  errorEvent: 3,
  badJson: 3,
  empty: "content",
  noUsage: true,
  encoding: "gzip",
  chunkBytes: 7,
  cachedTokens: 100,
  cacheWriteTokens: 100,
  cacheWrite1hTokens: 100,
  reasoningTokens: 40,
  toolCalls: 2,
  finish: "content_filter",
};

describe("the fake provider's README", () => {
  it("gives every fault an example that is read as it says", () => {
    const examples = [...readme.matchAll(/^\| `(x-fake-[a-z0-9-]+): (.+?)` \|/gm)];
    const headers = Object.fromEntries(examples.map(([, name, value]) => [name!, value!]));
    assert.deepEqual(faultsOfHeaders(headers, "any"), every);
  });

  it("names every model that misbehaves, and every reason to refuse", () => {
    for (const model of Object.keys(faultModels)) assert.ok(readme.includes(`\`${model}\``), model);
    for (const kind of refusalKinds) assert.match(readme, new RegExp(`[ ,]${kind}[, ]`));
  });
});
