import type { LocalReply } from "../../dialect/dialect.ts";

/** The last bytes that a client gets when its answer ends early. */
export type Interruption =
  /** In the place of the answer; where some of it has passed Envoy breaks the connection off instead. */
  | { readonly kind: "reply"; readonly reply: LocalReply }
  /** Behind what has passed, whereupon the answer ends as HTTP has it. */
  | { readonly kind: "last"; readonly bytes: Buffer };

/** Sends messages to Envoy for an exchange. An object and not a closure: V8 kept whole exchanges alive through closures, and a scavenge took three times as long. */
export interface Interruptible {
  /** Sends the client its last bytes at once. */
  interrupt(interruption: Interruption): void;
}
