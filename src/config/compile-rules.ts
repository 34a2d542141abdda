import type { Contract, ContractReader } from "../contract/contract.ts";
import { compileMatch, type Match, type MatchSection, matchProblems } from "../contract/match.ts";
import { GatewayError } from "../core/errors.ts";
import type { Principal } from "../identity/principal.ts";
import { type Caps, uncapped } from "../plan/caps.ts";
import { namesModel } from "../route/model-forms.ts";
import type { Compilation } from "./compilation.ts";
import { parseSection } from "./parse-section.ts";
import type { Path } from "./problem.ts";
import { accessSection, capsSection } from "./schema.ts";

/** The compiled `access` rules. */
export interface Access {
  /** The refusal when a caller may not use one of the models, by whatever dated or prefixed name; undefined: allowed. */
  readonly access: (
    models: readonly string[],
    principal: Principal,
    contract: Contract,
  ) => GatewayError | undefined;
  /** Whether a rule names this entry of `models`. */
  readonly hasAccessRule: (entry: string) => boolean;
}

/** Compiles `access`: a model that a rule names is for those alone whom one of its rules allows. */
export function compileAccess(
  compilation: Compilation,
  entries: readonly unknown[],
  contract: ContractReader,
  modelNames: readonly string[],
): Access {
  const compiled: { readonly patterns: readonly string[]; readonly allow: Match }[] = [];
  for (const [index, entry] of entries.entries()) {
    const rule = parseSection(compilation.file, ["access", index], entry, accessSection);
    if (rule === undefined) continue;
    for (const [position, pattern] of rule.models.entries())
      if (!modelNames.some((name) => overlaps(pattern, name)))
        compilation.file.refuse(
          ["access", index, "models", position],
          `no entry of \`models\` is called "${pattern}": this could never apply`,
        );
    noteMatchProblems(compilation, ["access", index, "allow"], rule.allow, contract);
    compiled.push({
      patterns: rule.models,
      allow: compileMatch(rule.allow),
    });
  }
  return {
    access: (models, principal, contract) => {
      if (compiled.length === 0) return undefined;
      const field = (name: string) => contract.field(name);
      for (const model of models) {
        const about = compiled.filter(({ patterns }) =>
          patterns.some((pattern) => namesModel(pattern, model)),
        );
        if (about.length > 0 && !about.some((rule) => rule.allow(field, principal.roles)))
          return new GatewayError("forbidden", `this caller may not use the model ${model.slice(0, 100)}`, {
            param: "model",
          });
      }
      return undefined;
    },
    hasAccessRule: (entry) =>
      compiled.some(({ patterns }) => patterns.some((pattern) => covers(pattern, entry))),
  };
}

/** Compiles `caps`: the first rule that matches counts. */
export function compileCaps(
  compilation: Compilation,
  entries: readonly unknown[],
  contract: ContractReader,
): (principal: Principal, contract: Contract) => Caps {
  const compiled: { readonly when: Match | undefined; readonly caps: Caps }[] = [];
  for (const [index, entry] of entries.entries()) {
    const rule = parseSection(compilation.file, ["caps", index], entry, capsSection);
    if (rule === undefined) continue;
    const { when, inputTokens, outputTokens } = rule;
    if (compiled.some((earlier) => earlier.when === undefined))
      compilation.file.refuse(
        ["caps", index],
        "an entry before this one has no `when`: this could never apply",
      );
    if (when !== undefined) noteMatchProblems(compilation, ["caps", index, "when"], when, contract);
    compiled.push({
      when: when === undefined ? undefined : compileMatch(when),
      caps: Object.freeze({ inputTokens, outputTokens }),
    });
  }
  return (principal, contract) => {
    const field = (name: string) => contract.field(name);
    const first = compiled.find(({ when }) => when === undefined || when(field, principal.roles));
    return first?.caps ?? uncapped;
  };
}

function noteMatchProblems(
  { file }: Compilation,
  path: Path,
  section: MatchSection,
  contract: ContractReader,
): void {
  for (const { field, message } of matchProblems(section, contract))
    file.refuse([...path, field], message, "key");
}

/** Whether a name, or a pattern with `*` at its end, stands for a model. */
export function covers(pattern: string, model: string): boolean {
  return pattern.endsWith("*") ? model.startsWith(pattern.slice(0, -1)) : model === pattern;
}

/** Whether a rule's pattern and a name under `models`, which may be a pattern too, have any model in common. */
function overlaps(pattern: string, name: string): boolean {
  return covers(pattern, name) || covers(name, pattern) || covers(pattern, name.replace(/\*$/, ""));
}
