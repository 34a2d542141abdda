import type { ContractReader } from "../contract/contract.ts";
import type { Timeouts } from "../plan/plan.ts";
import type { ModelEntry } from "../route/model-table.ts";
import type { Compilation } from "./compilation.ts";
import type { Path } from "./problem.ts";
import type { ModelSection } from "./schema.ts";
import type { TimeoutsSection } from "./timeouts-section.ts";

type Deadlines = Omit<TimeoutsSection, "connect" | "latencyClass">;

const totalDefaultMs = 600_000;

/** Compiles one model's `timeouts`, for requests of any latency class and for those of each that has its own. */
export function compileTimeouts(
  { file }: Compilation,
  name: string,
  section: ModelSection,
  contract: ContractReader,
): Pick<ModelEntry, "connectMs" | "timeouts" | "classTimeouts"> {
  const path = ["models", name, "timeouts"];
  const { connect, latencyClass, ...usual } = section.timeouts;
  const check = (at: Path, written: Deadlines, whole: Deadlines) => {
    for (const [key, problem] of problemsOf(section, written, whole))
      file.refuse([...at, key], problem, "key");
  };
  check(path, usual, usual);
  if (connect !== undefined && connect > totalOf(usual))
    file.refuse(
      [...path, "connect"],
      "connect is longer than total, so it could never end an attempt",
      "key",
    );
  const classTimeouts = new Map<string, Timeouts>();
  for (const [value, own] of Object.entries(latencyClass ?? {})) {
    const at = [...path, "latencyClass", value];
    const problem = contract.valueProblem("latency_class", value);
    if (problem !== undefined) file.refuse(at, `${problem}: this could never apply`, "key");
    const whole = { ...usual, ...own };
    check(at, own, whole);
    classTimeouts.set(value, timeoutsOf(whole));
  }
  return { connectMs: connect, timeouts: timeoutsOf(usual), classTimeouts };
}

/** Envoy keeps one connect timeout for each backend: the shortest of those that its models name. */
export function connectTimeoutsOf(models: readonly ModelEntry[]): ReadonlyMap<string, number> {
  const timeouts = new Map<string, number>();
  for (const { connectMs, candidates, fallback } of models) {
    if (connectMs === undefined) continue;
    for (const { backend } of [...candidates.map(({ target }) => target), ...fallback])
      timeouts.set(backend, Math.min(connectMs, timeouts.get(backend) ?? connectMs));
  }
  return timeouts;
}

/** Deadlines that could never apply, and why. `whole` includes the defaults. */
function* problemsOf(
  { targets, fallback, attempts, failover }: ModelSection,
  written: Deadlines,
  whole: Deadlines,
): Generator<readonly [key: keyof Deadlines, problem: string]> {
  if (whole.attempt !== undefined && whole.attempt > totalOf(whole))
    yield [
      written.attempt === undefined ? "total" : "attempt",
      "attempt is longer than total, so it could never end an attempt",
    ];
  if (whole.retryAfter !== undefined && whole.retryAfter >= totalOf(whole))
    yield [
      written.retryAfter === undefined ? "total" : "retryAfter",
      "retryAfter leaves no time of total for an answer",
    ];
  if (written.retryAfter !== undefined && failover === "status")
    yield ["retryAfter", "needs `failover: content`: by status alone nobody reads how long to wait"];
  if (written.betweenTokens !== undefined && written.betweenTokens > totalOf(whole))
    yield ["betweenTokens", "betweenTokens is longer than total, so it could never end an answer"];
  if (written.firstToken === undefined) return;
  if (targets.length + fallback.length < 2 || attempts === 1)
    yield ["firstToken", "there is only one attempt: this could never apply"];
  else if (failover === "status")
    yield ["firstToken", "needs `failover: content`: by status alone nobody looks for the first token"];
}

function totalOf({ total }: Deadlines): number {
  return total ?? totalDefaultMs;
}

function timeoutsOf(deadlines: Deadlines): Timeouts {
  return Object.freeze({
    attemptMs: deadlines.attempt,
    firstTokenMs: deadlines.firstToken,
    betweenTokensMs: deadlines.betweenTokens,
    totalMs: totalOf(deadlines),
    askedWaitMaxMs: deadlines.retryAfter,
  });
}
