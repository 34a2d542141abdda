import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { Override, OverrideAction, Scope, Scoped } from "../../../src/route/override.ts";
import { Overrides } from "../../../src/route/overrides.ts";
import { readOverrides, writeOverrides } from "../../../src/route/overrides-file.ts";

const alpha = { backend: "alpha", model: "gpt-4.1" };
const beta = { backend: "beta", model: "gpt-4.1" };
const request: Scoped = {
  models: ["fast", "openai/gpt-4.1"],
  tenant: "acme",
  user: "ann",
  key: "acme-app",
  workflow: "summarize",
};

function override(action: OverrideAction, scope: Scope, untilMs?: number): Override {
  return { id: "1", action, scope, reason: "why", by: "ann", sinceMs: 0, untilMs };
}

describe("Overrides", () => {
  const refusals: readonly (readonly [scope: Scope, refuses: boolean])[] = [
    [{ tenant: "acme" }, true],
    [{ tenant: "zeta" }, false],
    [{ user: "ann" }, true],
    [{ key: "acme-app" }, true],
    [{ workflow: "summarize" }, true],
    [{ workflow: "classify" }, false],
    [{ model: "fast" }, true],
    [{ model: "openai/*" }, true],
    [{ model: "slow" }, false],
    [{ tenant: "acme", workflow: "summarize" }, true],
    [{ tenant: "acme", workflow: "classify" }, false],
    [{ backend: "alpha" }, false],
    [{ backend: "alpha", tenant: "acme" }, false],
  ];
  for (const [scope, refuses] of refusals)
    it(`${refuses ? "refuse" : "let pass"} a request under a stop of ${JSON.stringify(scope)}`, () => {
      const found = new Overrides([override("stop", scope)]).refusing(request, 0);
      assert.equal(found !== undefined, refuses);
    });

  const exclusions: readonly (readonly [scope: Scope, excludes: boolean])[] = [
    [{ backend: "alpha" }, true],
    [{ backend: "beta" }, false],
    [{ target: "alpha/gpt-4.1" }, true],
    [{ target: "alpha/*" }, true],
    [{ target: "alpha/gpt-4.1-mini" }, false],
    [{ backend: "alpha", tenant: "acme" }, true],
    [{ backend: "alpha", tenant: "zeta" }, false],
    [{ tenant: "acme" }, false],
  ];
  for (const [scope, excludes] of exclusions)
    it(`${excludes ? "take" : "leave"} a target ${excludes ? "out" : "in"} under a drain of ${JSON.stringify(scope)}`, () => {
      const found = new Overrides([override("drain", scope)]).excluding(alpha, request, 0);
      assert.equal(found !== undefined, excludes);
    });

  it("force a target and nothing else, and refuse nothing by it", () => {
    const forced = new Overrides([override("force", { backend: "alpha" })]);
    assert.deepEqual(
      [alpha, beta].map((one) => forced.forces(one, request, 0)),
      [true, false],
    );
    assert.equal(forced.refusing(request, 0), undefined);
    assert.equal(forced.excluding(alpha, request, 0), undefined);
    assert.equal(new Overrides([override("stop", { backend: "alpha" })]).forces(alpha, request, 0), false);
  });

  it("are as if they had never been once they have expired", () => {
    const overrides = new Overrides([override("stop", { tenant: "acme" }, 1_000)]);
    assert.ok(overrides.refusing(request, 999));
    assert.equal(overrides.refusing(request, 1_000), undefined);
    assert.equal(overrides.list(1_000).length, 0);
  });
});

describe("the file of overrides", () => {
  const folder = mkdtempSync(join(tmpdir(), "tg-overrides-"));
  const path = join(folder, "ledger", "overrides.json");
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("keeps them as they are", async () => {
    const kept = [
      override("stop", { tenant: "acme", workflow: "x" }, 5_000),
      override("force", { target: "a/b" }),
    ];
    await writeOverrides(path, kept);
    assert.deepEqual(await readOverrides(path), kept);
  });

  it("need not be there", async () => {
    assert.deepEqual(await readOverrides(join(folder, "none.json")), []);
  });

  for (const text of [
    "",
    "{",
    '{"version":2,"overrides":[]}',
    '{"version":1,"overrides":[{"id":"1","action":"pause"}]}',
  ])
    it(`does not let a stop be forgotten when it says ${JSON.stringify(text)}`, async () => {
      writeFileSync(path, text);
      await assert.rejects(readOverrides(path), /damaged/);
    });
});
