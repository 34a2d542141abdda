import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

/** How whoever meets a lasting fault tells of it. Neither throws. */
export interface FaultHooks {
  /** Called for every failure. */
  readonly onFault: (error: unknown) => void;
  /** Called for every success; only the first one after a failure matters. */
  readonly onRecovered: () => void;
}

/** Something that may fail for a while, and the words for it. */
export interface FaultSubject {
  /** Begins every line, e.g. `usage log`. */
  readonly what: string;
  /** Says that it fails: `cannot be written`. */
  readonly failing: string;
  /** Says that it works again: `can be written again`. */
  readonly recovered: string;
  /** The consequence while it fails: `not ready; records wait in memory`. */
  readonly effect: string;
}

/** While a fault lasts, it is logged again at most once in this long. */
const periodMs = 60_000;
/** A fault that comes and goes is logged at most this often in a period. */
const beginningsMax = 5;

/** The words for a file that cannot be written for a while. */
export function unwritable(what: string, effect: string): FaultSubject {
  return { what, failing: "cannot be written", recovered: "can be written again", effect };
}

/** Logs a fault when it begins, once a minute with the count while it lasts, and once when it is over. */
export class FaultReporter {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #subject: FaultSubject;
  #sinceMs: number | undefined;
  #failures = 0;
  /** Time of the last line logged about the current fault. Undefined if there was none. */
  #toldMs: number | undefined;
  /** When faults of the running period were logged that began in it. */
  #beginningsMs: readonly number[] = [];

  constructor(services: { readonly log: Log; readonly clock: Clock }, subject: FaultSubject) {
    this.#log = services.log;
    this.#clock = services.clock;
    this.#subject = subject;
  }

  readonly hooks: FaultHooks = {
    onFault: (error) => this.failed(error),
    onRecovered: () => this.recovered(),
  };

  /** It failed. An error is logged by its message, so that must hold no secret. */
  failed(error: unknown): void {
    const nowMs = this.#clock.monotonicMs();
    this.#sinceMs ??= nowMs;
    this.#failures += 1;
    const cause = error instanceof Error ? error.message : String(error);
    if (this.#toldMs === undefined) this.#tellBeginning(nowMs, cause);
    else if (nowMs - this.#toldMs >= periodMs) this.#tellAgain(nowMs, cause);
  }

  /** It works (again). */
  recovered(): void {
    if (this.#sinceMs === undefined) return;
    const { what, recovered } = this.#subject;
    const failedForMs = Math.round(this.#clock.monotonicMs() - this.#sinceMs);
    const fields = { what, failed_for_ms: failedForMs, failures: this.#failures };
    if (this.#toldMs !== undefined) this.#log.warn(fields, `${what}: ${recovered}`);
    this.#sinceMs = undefined;
    // Failures that were not told are counted in the next line.
    if (this.#toldMs !== undefined) this.#failures = 0;
    this.#toldMs = undefined;
  }

  #tellBeginning(nowMs: number, cause: string): void {
    this.#beginningsMs = this.#beginningsMs.filter((atMs) => nowMs - atMs < periodMs);
    if (this.#beginningsMs.length >= beginningsMax) return;
    this.#beginningsMs = [...this.#beginningsMs, nowMs];
    this.#toldMs = nowMs;
    const { what, failing, effect } = this.#subject;
    this.#log.error({ what, cause }, `${what}: ${failing}: ${effect}`);
  }

  #tellAgain(nowMs: number, cause: string): void {
    this.#toldMs = nowMs;
    const { what, failing, effect } = this.#subject;
    const failedForMs = Math.round(nowMs - (this.#sinceMs ?? nowMs));
    const fields = { what, cause, failed_for_ms: failedForMs, failures: this.#failures };
    this.#log.error(fields, `${what}: still ${failing}: ${effect}`);
  }
}
