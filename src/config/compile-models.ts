import type { ContractReader } from "../contract/contract.ts";
import { parseTarget, type Target } from "../plan/plan.ts";
import type { Catalogue } from "../price/rate.ts";
import type { ModelEntry } from "../route/model-table.ts";
import type { Candidate, Select } from "../route/select.ts";
import { checkVectorSpaces } from "./check-vector-spaces.ts";
import { type Compilation, entriesOf } from "./compilation.ts";
import { compileTimeouts } from "./compile-timeouts.ts";
import { compileModelValidation } from "./compile-validation.ts";
import { parseSection } from "./parse-section.ts";
import type { Path } from "./problem.ts";
import { type ModelSection, modelSection } from "./schema.ts";
import type { Backend } from "./snapshot.ts";
import { didYouMean } from "./suggest.ts";

/** The parts of the config that models are checked against. */
export interface ModelNeighbours {
  /** Every backend the file names, including those with problems. */
  readonly backendNames: ReadonlySet<string>;
  readonly backends: ReadonlyMap<string, Backend>;
  /** Undefined when the prices have problems. */
  readonly prices: Catalogue | undefined;
  readonly contract: ContractReader;
}

/** Compiles the `models` map. */
export function compileModels(
  compilation: Compilation,
  models: readonly (readonly [name: string, entry: unknown])[],
  neighbours: ModelNeighbours,
): readonly ModelEntry[] {
  return models.flatMap(([name, entry]) => {
    const section = parseSection(compilation.file, ["models", name], entry, modelSection);
    // Targets are checked even where something else is wrong with the entry.
    const written = section ?? { targets: targetsOf(entry), fallback: [] };
    const candidates = compileCandidates(compilation, name, written.targets, neighbours);
    const fallback = compileFallback(compilation, name, written, neighbours);
    if (section === undefined) return [];
    const select = compileSelect(compilation, name, section, neighbours.contract.fieldNames);
    checkFailover(compilation, name, section);
    checkVectorSpaces(compilation, name, section);
    const timeouts = compileTimeouts(compilation, name, section, neighbours.contract);
    const validation = compileModelValidation(compilation, name, section);
    return [compileModel(name, section, { candidates, fallback, select, validation, ...timeouts })];
  });
}

function compileModel(
  name: string,
  section: ModelSection,
  parts: Omit<ModelEntry, "name" | "failover" | "attempts">,
): ModelEntry {
  return {
    name,
    ...parts,
    failover: section.failover ?? "content",
    attempts: section.attempts ?? section.targets.length + section.fallback.length,
  };
}

/** Looking at content serves to ask someone else. */
function checkFailover({ file }: Compilation, name: string, section: ModelSection): void {
  const { targets, fallback, failover, attempts } = section;
  const alone = targets.length + fallback.length < 2 || attempts === 1;
  if (alone && failover !== undefined)
    file.refuse(["models", name, "failover"], "there is only one attempt: this could never apply", "key");
}

function compileSelect(
  { file }: Compilation,
  name: string,
  { select, key, targets }: ModelSection,
  fieldNames: ReadonlySet<string>,
): Select {
  const path = ["models", name];
  if (select !== "sticky" && key !== undefined)
    file.refuse([...path, "key"], "works only with `select: sticky`: it could never apply", "key");
  if (select !== "weighted" && select !== "sticky" && select !== "least-busy")
    for (const [index, target] of targets.entries())
      if (target.weight !== undefined)
        file.refuse(
          [...path, "targets", index, "weight"],
          `could never apply with \`select: ${select}\``,
          "key",
        );
  if (select === "weighted" && targets.every(({ weight }) => weight === 0))
    file.refuse([...path, "targets"], "need at least one weight above 0");
  if (select !== "sticky") return Object.freeze({ kind: select });
  for (const [index, field] of (key ?? []).entries())
    if (!fieldNames.has(field))
      file.refuse(
        [...path, "key", index],
        `no contract has a field "${field}"${didYouMean(field, fieldNames)}`,
      );
  if (key === undefined)
    file.refuse([...path, "select"], "sticky needs `key`: the contract fields to stick by");
  return Object.freeze({ kind: select, key: Object.freeze(key ?? []) });
}

function targetsOf(entry: unknown): ModelSection["targets"] {
  const targets = new Map(entriesOf(entry)).get("targets");
  return modelSection.shape.targets.safeParse(targets).data ?? [];
}

function compileCandidates(
  compilation: Compilation,
  name: string,
  written: ModelSection["targets"],
  neighbours: ModelNeighbours,
): readonly Candidate[] {
  const texts = written.map(({ to }) => to);
  return written.flatMap(({ to, weight, capacity }, index) => {
    const path = ["models", name, "targets", index];
    if (texts.indexOf(to) < index)
      compilation.file.refuse(path, `${to} is listed twice: a target is tried once`);
    const target = checkTarget(compilation, path, name, to, neighbours);
    if (target === undefined) return [];
    return [Object.freeze({ target: Object.freeze(target), weight: weight ?? 1, capacity })];
  });
}

function compileFallback(
  compilation: Compilation,
  name: string,
  { targets, fallback }: Pick<ModelSection, "targets" | "fallback">,
  neighbours: ModelNeighbours,
): readonly Target[] {
  return fallback.flatMap((text, index) => {
    const path = ["models", name, "fallback", index];
    if (fallback.indexOf(text) < index || targets.some(({ to }) => to === text))
      compilation.file.refuse(path, `${text} is listed twice: a target is tried once`);
    const target = checkTarget(compilation, path, name, text, neighbours);
    return target === undefined ? [] : [Object.freeze(target)];
  });
}

function checkTarget(
  { file, nowMs }: Compilation,
  path: Path,
  name: string,
  written: string,
  { backendNames, backends, prices }: ModelNeighbours,
): Target | undefined {
  const target = parseTarget(written);
  if (target === undefined) {
    file.refuse(path, "must be backend/model");
    return undefined;
  }
  const star = target.model.indexOf("*");
  if (star >= 0 && (star < target.model.length - 1 || !name.endsWith("*")))
    file.refuse(
      path,
      `* must be at the end, where it stands for the match of the * in the model's name; "${name}" has to end in /* too`,
    );
  if (!backendNames.has(target.backend)) {
    file.refuse(path, `there is no backend "${target.backend}"${didYouMean(target.backend, backendNames)}`);
    return undefined;
  }
  const backend = backends.get(target.backend);
  if (star >= 0 || backend === undefined || prices === undefined) return target;
  const { type } = backend.provider;
  if (prices.rateOf(backend.name, type, target.model, nowMs) === undefined)
    file.refuse(
      path,
      `no price is known for ${written}: add it to a file under \`prices\` as ${type}/${target.model}, give the backend a \`price\`, or set a ceiling with \`unknownModel\``,
    );
  return target;
}
