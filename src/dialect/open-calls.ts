import { GatewayError } from "../core/errors.ts";
import type { Emit } from "./answer-decoder.ts";

/** Most tool calls of one answer. */
const callsMax = 1024;

/** The tool calls of an answer while it is read, so that every call gets an id, and arguments that are JSON. */
export class OpenCalls {
  readonly #emit: Emit;
  readonly #idPrefix: string;
  /** By the upstream's own name for them; how many characters of arguments have come. */
  readonly #calls = new Map<
    string | number,
    { readonly choice: number; readonly call: number; chars: number }
  >();
  readonly #perChoice = new Map<number, number>();

  /** `idPrefix` begins the ids of calls that come without one; unique to the exchange. */
  constructor(idPrefix: string, emit: Emit) {
    this.#idPrefix = idPrefix;
    this.#emit = emit;
  }

  has(key: string | number): boolean {
    return this.#calls.has(key);
  }

  /** A call has begun. */
  open(
    key: string | number,
    choice: number,
    id: string | undefined,
    name: string,
    signature?: string | undefined,
  ): void {
    if (this.#calls.size === callsMax)
      throw new GatewayError("upstream_invalid", "the provider's answer has too many tool calls");
    const call = this.#perChoice.get(choice) ?? 0;
    this.#perChoice.set(choice, call + 1);
    this.#calls.set(key, { choice, call, chars: 0 });
    const known = id ?? `${this.#idPrefix}_${this.#calls.size}`;
    this.#emit({ type: "tool_call", choice, call, id: known, name, signature });
  }

  /** A piece of a call's arguments. */
  add(key: string | number, fragment: string): void {
    const open = this.#calls.get(key);
    if (open === undefined || fragment === "") return;
    open.chars += fragment.length;
    this.#emit({ type: "arguments", choice: open.choice, call: open.call, fragment });
  }

  /** A call is over: one without arguments gets an empty object. */
  close(key: string | number): void {
    if (this.#calls.get(key)?.chars === 0) this.add(key, "{}");
  }

  /** All calls of an answer are over. */
  closeAll(choice: number): void {
    for (const [key, open] of this.#calls) if (open.choice === choice) this.close(key);
  }
}
