import type { EventEncoder } from "./codec.ts";

/** Writes nothing: for who wants to know what an answer says, and not what it becomes. */
export const silentEncoder: EventEncoder = {
  encode() {},
  breakOff: () => nothing,
};

const nothing = Buffer.alloc(0);
