import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

/** The context that every provider, identity, policy, rule and sink is created with. */
export interface KindContext<Inputs = unknown> {
  /** The parts of the config that this kind may use while it is compiled. */
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
