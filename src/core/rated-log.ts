import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

/** Lines of one message in a period, at most. */
const linesMax = 30;
const periodMs = 60_000;
/** Messages that are told apart; further ones share one count. Messages are constants, so there are never that many. */
const messagesMax = 500;

interface Count {
  periodStartMs: number;
  logged: number;
  notLogged: number;
}

/**
 * A log that nobody can flood: of each message at most 30 lines a minute go through, whatever a caller, a provider or a fault repeats. The
 * next line of that message has `not_logged`, the number of lines left out before it.
 */
export class RatedLog implements Log {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #counts = new Map<string, Count>();

  constructor({ log, clock }: { readonly log: Log; readonly clock: Clock }) {
    this.#log = log;
    this.#clock = clock;
  }

  info(fields: object, message: string): void {
    this.#tell("info", fields, message);
  }

  warn(fields: object, message: string): void {
    this.#tell("warn", fields, message);
  }

  error(fields: object, message: string): void {
    this.#tell("error", fields, message);
  }

  #tell(level: keyof Log, fields: object, message: string): void {
    const count = this.#countOf(message);
    if (count.logged >= linesMax) {
      count.notLogged += 1;
      return;
    }
    count.logged += 1;
    const { notLogged } = count;
    count.notLogged = 0;
    this.#log[level](notLogged === 0 ? fields : { ...fields, not_logged: notLogged }, message);
  }

  #countOf(message: string): Count {
    const nowMs = this.#clock.monotonicMs();
    const key = this.#counts.has(message) || this.#counts.size < messagesMax ? message : "";
    const count = this.#counts.get(key) ?? { periodStartMs: nowMs, logged: 0, notLogged: 0 };
    this.#counts.set(key, count);
    if (nowMs - count.periodStartMs >= periodMs) {
      count.periodStartMs = nowMs;
      count.logged = 0;
    }
    return count;
  }
}
