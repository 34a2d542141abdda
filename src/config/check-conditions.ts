import { type ConditionScope, conditionProblems, knownNames } from "../condition/condition-problems.ts";
import { type ConditionSection, comparisonsOf } from "../condition/condition-section.ts";
import type { ContractReader } from "../contract/contract.ts";
import type { Compilation } from "./compilation.ts";
import type { Path } from "./problem.ts";
import { didYouMean } from "./suggest.ts";

/** Checks every condition of a config in the same way, wherever it stands. */
export class ConditionChecker {
  readonly #compilation: Compilation;
  readonly #scope: ConditionScope;
  #compareInputTokens = false;

  constructor(compilation: Compilation, contract: ContractReader, models: readonly string[]) {
    this.#compilation = compilation;
    this.#scope = { contract, models };
  }

  /** True if a checked condition compares the size of the input. Only then is the input counted before the route is known. */
  get compareInputTokens(): boolean {
    return this.#compareInputTokens;
  }

  /** Notes what can never hold. `accountFields`: what the accounts are kept by that the condition chooses among. */
  check(path: Path, section: ConditionSection, accountFields?: readonly string[]): void {
    const scope = accountFields === undefined ? this.#scope : { ...this.#scope, accountFields };
    for (const { path: at, message, unknown } of conditionProblems(section, scope)) {
      const meant = unknown === undefined ? "" : didYouMean(unknown, knownNames(scope.contract));
      this.#compilation.file.refuse([...path, ...at], `${message}${meant}`, "key");
    }
    for (const { name } of comparisonsOf(section)) this.#compareInputTokens ||= name === "inputTokens";
  }
}
