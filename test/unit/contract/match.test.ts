import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createContractReader } from "../../../src/contract/contract-reader.ts";
import { compileMatch, matchProblems, matchSection } from "../../../src/contract/match.ts";

interface Case {
  readonly title: string;
  readonly section: unknown;
  readonly fields?: Readonly<Record<string, string>>;
  readonly roles?: readonly string[];
}

describe("compileMatch()", () => {
  const workflow = "triage";
  const holding: readonly Case[] = [
    { title: "the one value", section: { workflow }, fields: { workflow } },
    { title: "one of a list", section: { workflow: ["chat", "triage"] }, fields: { workflow } },
    {
      title: "a boolean written bare",
      section: { retrieval_required: true },
      fields: { retrieval_required: "true" },
    },
    {
      title: "one of the caller's roles",
      section: { roles: ["research", "engineer"] },
      roles: ["sales", "engineer"],
    },
  ];
  for (const { title, ...input } of holding)
    it(`holds for ${title}`, () => assert.equal(matches(input), true));

  const failing: readonly Case[] = [
    { title: "another value", section: { workflow }, fields: { workflow: "chat" } },
    { title: "no value", section: { workflow } },
    {
      title: "one field of two",
      section: { workflow, budget_class: "low" },
      fields: { workflow, budget_class: "standard" },
    },
    { title: "other roles", section: { roles: ["research"] }, roles: ["engineer"] },
  ];
  for (const { title, ...input } of failing)
    it(`does not hold for ${title}`, () => assert.equal(matches(input), false));

  function matches({ section, fields = {}, roles = [] }: Omit<Case, "title">): boolean {
    return compileMatch(matchSection.parse(section))((name) => fields[name], roles);
  }
});

describe("matchProblems()", () => {
  it("notes fields nobody has and values a field cannot have", () => {
    const written = { worklow: "a", budget_class: ["low", "hihg"], roles: ["any"], workflow: "any" };
    const problems = [...matchProblems(matchSection.parse(written), createContractReader({}))];
    assert.deepEqual(
      problems.map(({ field }) => field),
      ["worklow", "budget_class"],
    );
  });
});
