import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

/** How whoever writes a file tells of its faults. Neither throws. */
export interface FaultHooks {
  /** Called for every fault. */
  readonly onFault: (error: unknown) => void;
  /** Called when it works again after one. */
  readonly onRecovered: () => void;
}

/** Logs a fault once when it begins and once when it is over, however often it is met in between. */
export class FaultReporter {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #what: string;
  readonly #effect: string;
  #sinceMs: number | undefined;
  #failures = 0;

  /** `what` fails, e.g. `usage log`; `effect` says what follows from that while it lasts. */
  constructor(services: { readonly log: Log; readonly clock: Clock }, what: string, effect: string) {
    this.#log = services.log;
    this.#clock = services.clock;
    this.#what = what;
    this.#effect = effect;
  }

  readonly hooks: FaultHooks = {
    onFault: (error) => this.failed(error),
    onRecovered: () => this.recovered(),
  };

  /** The fault was met. */
  failed(error: unknown): void {
    this.#failures += 1;
    if (this.#sinceMs !== undefined) return;
    this.#sinceMs = this.#clock.monotonicMs();
    const cause = error instanceof Error ? error.message : String(error);
    this.#log.error({ what: this.#what, cause }, `${this.#what}: cannot be written: ${this.#effect}`);
  }

  /** It works (again). */
  recovered(): void {
    if (this.#sinceMs === undefined) return;
    const failedForMs = Math.round(this.#clock.monotonicMs() - this.#sinceMs);
    this.#log.warn(
      { what: this.#what, failed_for_ms: failedForMs, failures: this.#failures },
      `${this.#what}: can be written again`,
    );
    this.#sinceMs = undefined;
    this.#failures = 0;
  }
}
