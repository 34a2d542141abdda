import { parseTarget, type Target } from "../plan/plan.ts";
import type { Catalogue } from "../price/rate.ts";
import type { ModelEntry } from "../route/model-table.ts";
import { type Compilation, entriesOf } from "./compilation.ts";
import { parseSection } from "./parse-section.ts";
import type { Path } from "./problem.ts";
import { type ModelSection, modelSection } from "./schema.ts";
import type { Backend } from "./snapshot.ts";
import { didYouMean } from "./suggest.ts";

/** What the models are checked against. */
export interface ModelNeighbours {
  /** Every backend the file names, also those that have problems of their own. */
  readonly backendNames: ReadonlySet<string>;
  readonly backends: ReadonlyMap<string, Backend>;
  /** Undefined when the prices have problems of their own. */
  readonly prices: Catalogue | undefined;
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
    const targets = compileTargets(compilation, name, section?.targets ?? targetsOf(entry), neighbours);
    return section === undefined ? [] : [compileModel(name, section, targets)];
  });
}

function compileModel(name: string, section: ModelSection, targets: readonly Target[]): ModelEntry {
  return {
    name,
    targets,
    attempts: section.attempts ?? section.targets.length,
    timeouts: Object.freeze({
      attemptMs: section.timeouts.attempt,
      firstTokenMs: undefined,
      betweenTokensMs: undefined,
      totalMs: section.timeouts.total,
    }),
  };
}

function targetsOf(entry: unknown): readonly string[] {
  const targets = new Map(entriesOf(entry)).get("targets");
  return modelSection.shape.targets.safeParse(targets).data ?? [];
}

function compileTargets(
  compilation: Compilation,
  name: string,
  written: readonly string[],
  neighbours: ModelNeighbours,
): readonly Target[] {
  return written.flatMap((text, index) => {
    const path = ["models", name, "targets", index];
    if (written.indexOf(text) < index)
      compilation.file.refuse(path, `${text} is there twice: a target is tried once`);
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
      `* stands at the end, for what the * of the model's name matched; "${name}" has to end in /* too`,
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
      `nobody knows the price of ${written}: add it to a file under \`prices\` as ${type}/${target.model}, give the backend a \`price\`, or set a ceiling with \`unknownModel\``,
    );
  return target;
}
