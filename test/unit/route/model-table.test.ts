import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatTarget, parseTarget } from "../../../src/plan/plan.ts";
import { createModelTable, type ModelEntry } from "../../../src/route/model-table.ts";

describe("createModelTable()", () => {
  const table = createModelTable([
    entry("fast", ["openai/gpt-4.1-mini", "claude/claude-haiku-4-5"], 5),
    entry("openai/*", ["openai/*", "azure/*"]),
    entry("openai/ft/*", ["openai/ft:acme:*"]),
    entry("openai/gpt-4.1", ["azure/gpt-4.1"]),
    entry("lab/*", ["house/llama"]),
  ]);

  it("prefers the exact name", () => assert.deepEqual(targets("openai/gpt-4.1"), ["azure/gpt-4.1"]));
  it("puts what the pattern matched into its targets", () =>
    assert.deepEqual(targets("openai/gpt-5/x"), ["openai/gpt-5/x", "azure/gpt-5/x"]));
  it("prefers the longer pattern", () => assert.deepEqual(targets("openai/ft/m1"), ["openai/ft:acme:m1"]));
  it("keeps a pattern's fixed targets", () => assert.deepEqual(targets("lab/any"), ["house/llama"]));

  for (const name of ["", "slow", "openai/", "fast/x", "*", "openai"])
    it(`does not know ${JSON.stringify(name)}`, () => assert.equal(table.find(name), undefined));

  it("gives every name its own targets, however many names clients make up", () => {
    for (let round = 0; round < 2; round += 1)
      for (let at = 0; at < 1_500; at += 1)
        assert.deepEqual(targets(`openai/m${at}`), [`openai/m${at}`, `azure/m${at}`]);
    const long = "x".repeat(10_000);
    assert.deepEqual(targets(`openai/${long}`), [`openai/${long}`, `azure/${long}`]);
  });

  it("tries no more often than there are targets", () => assert.equal(table.find("fast")?.attempts, 2));
  it("lists names without patterns, in the config's order", () =>
    assert.deepEqual(table.names, ["fast", "openai/gpt-4.1"]));
  it("says the name as the client wrote it, and the entry that has it", () => {
    const { name, entry } = table.find("openai/gpt-5") ?? {};
    assert.deepEqual([name, entry], ["openai/gpt-5", "openai/*"]);
  });

  function targets(name: string): string[] | undefined {
    return table.find(name)?.targets.map(formatTarget);
  }
});

function entry(name: string, targets: readonly string[], attempts = targets.length): ModelEntry {
  const none = {
    attemptMs: undefined,
    firstTokenMs: undefined,
    betweenTokensMs: undefined,
    askedWaitMaxMs: undefined,
    totalMs: undefined,
  };
  const candidates = targets.map((target) => ({
    target: parseTarget(target)!,
    weight: 1,
    capacity: undefined,
  }));
  return {
    name,
    candidates,
    fallback: [],
    select: { kind: "ordered" },
    failover: "content",
    validation: undefined,
    attempts,
    connectMs: undefined,
    timeouts: none,
    classTimeouts: new Map(),
  };
}
