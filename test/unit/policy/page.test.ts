import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { packageRoot } from "../../../src/core/asset.ts";
import { snapshotOf } from "../../support/exchange/exchanges.ts";

const page = readFileSync(join(packageRoot, "docs/budgets.md"), "utf8");

describe("docs/budgets.md", () => {
  it("shows limits and budgets that work", () => {
    const shown = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    const { policies } = snapshotOf(`
version: 1
backends:
  house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1, output: 1 } }
models: { fast: { targets: [house/gpt-4.1] } }
identity: [{ type: anonymous, tenant_id: local }]
${shown}`);
    assert.equal(policies.length, 4);
    assert.equal(policies.find(({ name }) => name === "tenant-month")?.degrade?.length, 2);
  });
});
