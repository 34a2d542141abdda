import { setTimeout as delay } from "node:timers/promises";
import { interimSnapshot } from "../config/interim.ts";
import type { Snapshot } from "../config/snapshot.ts";
import type { Log } from "../core/log.ts";
import type { Gateway } from "../gateway.ts";
import { needsRestart, RestartNeeded } from "./needs-restart.ts";

/** Services for putting a new config in force. */
export interface TakingOptions {
  readonly gateway: Pick<Gateway, "snapshot" | "reload" | "keepAfterBadReload">;
  readonly log: Log;
  /** Brings the whole config into force, unless `replaced` is aborted first; rejects with an Error that says why it cannot be yet. */
  readonly take: (next: Snapshot, replaced: AbortSignal) => Promise<void>;
  /** Waits after a failure double from the first (250) to the last (5,000), each shortened by up to half at random. */
  readonly retryMinMs?: number;
  readonly retryMaxMs?: number;
}

/** How long a config may take to be in force as a whole before the part of it that can be is put in force. */
const wholeWithinMs = 250;

/** Configs on their way into force: one at a time, the newest wins, and one that fails for a passing reason is tried again. */
export class ConfigTaking {
  readonly #options: TakingOptions;
  #replaced = new AbortController();
  #turn: Promise<void> = Promise.resolve();

  constructor(options: TakingOptions) {
    this.#options = options;
  }

  /** Takes this config in place of any that is still waiting. */
  begin(next: Snapshot): void {
    this.close();
    const replaced = new AbortController();
    this.#replaced = replaced;
    const early = setTimeout(() => this.#takeInPart(next, replaced.signal), wholeWithinMs);
    this.#turn = this.#turn.then(() =>
      this.#pursue(next, replaced.signal).finally(() => clearTimeout(early)),
    );
  }

  /** Stops trying; what is in force stays. */
  close(): void {
    this.#replaced.abort();
  }

  async #pursue(next: Snapshot, replaced: AbortSignal): Promise<void> {
    const { log, retryMinMs = 250, retryMaxMs = 5_000 } = this.#options;
    let told: string | undefined;
    for (let waitMs = retryMinMs; !replaced.aborted; waitMs = Math.min(retryMaxMs, 2 * waitMs)) {
      const failure = await this.#try(next, replaced);
      if (failure === undefined) return log.info({ version: next.version }, "config taken");
      if (replaced.aborted) return;
      this.#takeInPart(next, replaced);
      const reason = failure.message;
      if (failure instanceof RestartNeeded) return log.error({ reason }, `config not taken: ${inPart}`);
      if (reason !== told) log.error({ reason }, `config not taken: ${inPart}; retrying`);
      told = reason;
      await delay(waitMs * (0.5 + Math.random() / 2), undefined, { signal: replaced, ref: false }).catch(
        () => {},
      );
    }
  }

  /** The reason why the config could not be put in force. Undefined if it was. */
  async #try(next: Snapshot, replaced: AbortSignal): Promise<Error | undefined> {
    const changed = needsRestart(this.#options.gateway.snapshot, next);
    if (changed.length > 0)
      return new RestartNeeded(`${changed.join(", ")} changed, which requires a restart`);
    try {
      await this.#options.take(next, replaced);
      return replaced.aborted ? new Error("a newer config replaced it") : undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  #takeInPart(next: Snapshot, replaced: AbortSignal): void {
    const { gateway } = this.#options;
    if (replaced.aborted) return;
    gateway.reload(interimSnapshot(gateway.snapshot, next));
    gateway.keepAfterBadReload();
  }
}

/** For readers of the log: the parts of a config in force before the whole of it is. */
const inPart = "callers, limits and prices are new, backends, models and routes are still the old ones";
