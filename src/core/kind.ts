import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

/** What every provider, identity, policy, rule and sink is created with. */
export interface KindContext<Inputs = unknown> {
  /** What this sort of thing may ask of the config while it is compiled. */
  readonly inputs: Inputs;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Something that may hold timers, sockets or files. Creating it acquires nothing, its first use may: a config that is only checked is
 * never closed.
 */
export interface Closable {
  /** Releases what is held. Called once the config that it belongs to has been replaced; calls of exchanges that go on still have to work. */
  close?(): Promise<void> | void;
}
