import { setTimeout as delay } from "node:timers/promises";
import type { EnvoyProcess } from "./envoy-process.ts";

/** Waits before each restart in a row; after the last the supervisor gives up. */
const restartDelaysMs: readonly number[] = [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000];
/** An Envoy that has served this long counts as well: the next death is the first in a row. */
const steadyAfterMs = 60_000;

/** An event of a supervised Envoy. */
export type EnvoyEvent =
  | { readonly kind: "died"; readonly reason: string; readonly deaths: number; readonly restartInMs: number }
  | { readonly kind: "restarted"; readonly pid: number; readonly awayMs: number }
  | { readonly kind: "given-up"; readonly reason: string; readonly deaths: number };

/** Options of the supervisor. */
export interface SupervisorOptions {
  /** Starts one Envoy; `restart` is false the first time. `onExit` is told once if it dies after it was ready. */
  readonly start: (onExit: (reason: string) => void, restart: boolean) => Promise<EnvoyProcess>;
  readonly onEvent: (event: EnvoyEvent) => void;
  /** Default {@link restartDelaysMs}. */
  readonly delaysMs?: readonly number[];
}

/** Keeps an Envoy running: one that dies is restarted, later each time, until it dies too often in a row. */
export class EnvoySupervisor {
  readonly #options: SupervisorOptions;
  readonly #delaysMs: readonly number[];
  readonly #stop = new AbortController();
  #envoy: EnvoyProcess | undefined;
  #readyAtMs = 0;
  #deaths = 0;
  #restarting: Promise<void> | undefined;

  private constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#delaysMs = options.delaysMs ?? restartDelaysMs;
  }

  /** Resolves when the first Envoy serves; rejects when it does not, without a second try. */
  static async start(options: SupervisorOptions): Promise<EnvoySupervisor> {
    const supervisor = new EnvoySupervisor(options);
    await supervisor.#launch(false);
    return supervisor;
  }

  /** The Envoy that serves; undefined while there is none. */
  get envoy(): EnvoyProcess | undefined {
    return this.#envoy;
  }

  /** Has clients open their next connection elsewhere; an Envoy that dies from here on is not restarted. */
  async drain(): Promise<void> {
    this.#stop.abort();
    // It may die at this moment: then there is nothing to drain.
    await this.#envoy?.drain().catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#restarting;
    await this.#envoy?.stop();
  }

  async #launch(restart: boolean): Promise<void> {
    this.#envoy = await this.#options.start((reason) => this.#died(reason), restart);
    this.#readyAtMs = performance.now();
  }

  #died(reason: string): void {
    this.#envoy = undefined;
    if (performance.now() - this.#readyAtMs >= steadyAfterMs) this.#deaths = 0;
    this.#restarting = this.#restart(reason);
  }

  async #restart(firstReason: string): Promise<void> {
    const diedAtMs = performance.now();
    for (let reason = firstReason; !this.#stop.signal.aborted; ) {
      const restartInMs = this.#delaysMs[this.#deaths++];
      const deaths = this.#deaths;
      if (restartInMs === undefined) return this.#options.onEvent({ kind: "given-up", reason, deaths });
      this.#options.onEvent({ kind: "died", reason, deaths, restartInMs });
      await delay(restartInMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      if (this.#stop.signal.aborted) return;
      const failure = await this.#relaunch();
      if (failure === undefined) return this.#tellRestarted(diedAtMs);
      reason = failure;
    }
  }

  async #relaunch(): Promise<string | undefined> {
    try {
      await this.#launch(true);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #tellRestarted(diedAtMs: number): void {
    const awayMs = Math.round(performance.now() - diedAtMs);
    if (this.#envoy !== undefined) this.#options.onEvent({ kind: "restarted", pid: this.#envoy.pid, awayMs });
  }
}
