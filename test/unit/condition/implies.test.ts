import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileCondition } from "../../../src/condition/condition.ts";
import { conditionSection } from "../../../src/condition/condition-section.ts";
import { implies } from "../../../src/condition/implies.ts";
import { Random } from "../../support/core/random.ts";

const parse = (written: object) => conditionSection.parse(written);

describe("implies", () => {
  for (const [narrow, wide, expected] of [
    [{ workflow: "a" }, { workflow: ["a", "b"] }, true],
    [{ workflow: ["a", "b"] }, { workflow: "a" }, false],
    [{ workflow: "a", stream: true }, { workflow: "a" }, true],
    [{ and: [{ workflow: "a" }, { stream: true }] }, { stream: true }, true],
    [{ tenant_id: "eu-corp" }, { tenant_id: "eu-*" }, true],
    [{ tenant_id: "eu-corp-*" }, { tenant_id: "eu-*" }, true],
    [{ tenant_id: "eu-*" }, { tenant_id: "eu-corp" }, false],
    [{ not: { stream: true } }, { not: { stream: true } }, true],
    [{ or: [{ workflow: "a" }, { stream: true }] }, { workflow: "a" }, false],
    [{ header: { "x-a": "1" } }, { header: { "x-b": "1" } }, false],
  ] as const)
    it(`${expected ? "proves" : "does not prove"} ${JSON.stringify(wide)} from ${JSON.stringify(narrow)}`, () =>
      assert.equal(implies(parse(narrow), parse(wide)), expected));

  it("takes a missing condition for one that always holds", () => {
    assert.equal(implies(parse({ stream: true }), undefined), true);
    assert.equal(implies(undefined, parse({ stream: true })), false);
  });

  it("never claims what some request contradicts", () => {
    const random = new Random(20_261_201);
    const values = ["a", "ab", "abc", "b", "a*", "ab*", "*"];
    const simple = () => ({
      [random.pick(["workflow", "team"])]: [random.pick(values), random.pick(values)],
    });
    const written = () =>
      random.pick([
        simple,
        () => ({ ...simple(), and: [simple()] }),
        () => ({ not: simple() }),
        () => ({ or: [simple(), simple()] }),
      ])();
    let proved = 0;
    for (let round = 0; round < 3_000; round++) {
      const [narrow, wide] = [parse(written()), parse(written())];
      if (!implies(narrow, wide)) continue;
      proved += 1;
      const [inside, outside] = [compileCondition(narrow), compileCondition(wide)];
      for (const workflow of [undefined, "a", "ab", "abc", "b"])
        for (const team of [undefined, "a", "ab", "abc", "b"]) {
          const found = (name: string) => (name === "workflow" ? workflow : team);
          if (inside(found) === true)
            assert.equal(outside(found), true, JSON.stringify({ narrow, wide, workflow, team }));
        }
    }
    assert.ok(proved > 100, `${proved} proved`);
  });
});
