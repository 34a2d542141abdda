import { GatewayError } from "../core/errors.ts";
import type { Emit } from "./answer-decoder.ts";
import { JsonEnd } from "./json-end.ts";
import type { ChoiceEvent, FinishReason } from "./model-event.ts";

/** Most tool calls of one answer. */
const callsMax = 1024;
/** Most characters that wait for a call before them to end. */
const waitingCharsMax = 8 * 1024 * 1024;
/** The weight of an event that waits, besides its text, in characters. */
const eventChars = 64;

/** What is known of a call as it begins; both may follow later. */
export interface CallStart {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  /** Gemini's proof of the thought behind the call. */
  readonly signature?: string | undefined;
}

interface Call {
  readonly type: "call";
  readonly call: number;
  readonly signature: string | undefined;
  id: string | undefined;
  name: string | undefined;
  /** Pieces of its arguments that were not emitted yet. */
  pieces: string[];
  readonly end: JsonEnd;
  begun: boolean;
  closed: boolean;
  hasArguments: boolean;
}

/** One answer: what is still to be emitted of it, in order. */
interface Choice {
  calls: number;
  waiting: (Call | ChoiceEvent)[];
}

/**
 * The tool calls of an answer while it is read. Every call gets an id, and arguments that are JSON. Formats have one block at a time, so calls leave one
 * after the other, however their pieces came: what follows a call waits until its arguments are whole or it is closed.
 */
export class OpenCalls {
  readonly #emit: Emit;
  readonly #idPrefix: string;
  readonly #calls = new Map<string | number, { readonly choice: number; readonly call: Call }>();
  readonly #choices = new Map<number, Choice>();
  #waitingChars = 0;

  /** `idPrefix` begins the ids of calls that come without one; unique to the exchange. */
  constructor(idPrefix: string, emit: Emit) {
    this.#idPrefix = idPrefix;
    this.#emit = emit;
  }

  has(key: string | number): boolean {
    return this.#calls.has(key);
  }

  /** A call's id, as far as it is known. */
  idOf(key: string | number): string | undefined {
    return this.#calls.get(key)?.call.id;
  }

  /** True if a call is named and its arguments have ended: a second name under the same key begins another call. */
  isWhole(key: string | number): boolean {
    const call = this.#calls.get(key)?.call;
    return call?.name !== undefined && (call.closed || call.end.reached);
  }

  /** Emits what is no part of a call, behind the calls before it. */
  say(event: ChoiceEvent): void {
    const { choice } = event;
    const state = this.#choices.get(choice);
    if (state === undefined || state.waiting.length === 0) {
      this.#emit(event);
      return;
    }
    this.#wait(eventChars + ("text" in event ? event.text.length : 0));
    state.waiting.push(event);
    this.#advance(choice, state);
  }

  /** A call has begun. */
  open(key: string | number, choice: number, { id, name, signature }: CallStart): void {
    if (this.#calls.size === callsMax)
      throw new GatewayError("upstream_invalid", "the provider's answer has too many tool calls");
    const state = this.#choices.get(choice) ?? { calls: 0, waiting: [] };
    this.#choices.set(choice, state);
    const call: Call = {
      ...{ type: "call", call: state.calls, id, name, signature, pieces: [], end: new JsonEnd() },
      ...{ begun: false, closed: false, hasArguments: false },
    };
    state.calls += 1;
    state.waiting.push(call);
    this.#calls.set(key, { choice, call });
    this.#advance(choice, state);
  }

  /** More is known of a call; what was known before stays. */
  complete(key: string | number, { id, name }: CallStart): void {
    const known = this.#calls.get(key);
    if (known === undefined) return;
    known.call.id ??= id;
    known.call.name ??= name;
    this.#proceed(known.choice);
  }

  /** A piece of a call's arguments. */
  add(key: string | number, fragment: string): void {
    const known = this.#calls.get(key);
    if (known === undefined || fragment === "") return;
    const { call, choice } = known;
    if (this.#isPast(call, choice)) {
      if (fragment.trim() === "") return;
      throw new GatewayError("upstream_invalid", "the provider goes on with a tool call that has ended");
    }
    call.hasArguments = true;
    call.pieces.push(fragment);
    call.end.push(fragment);
    this.#wait(fragment.length);
    this.#proceed(choice);
  }

  /** A call is over: one without arguments gets an empty object. */
  close(key: string | number): void {
    const known = this.#calls.get(key);
    if (known === undefined) return;
    closeCall(known.call);
    this.#proceed(known.choice);
  }

  /** An answer is over: its calls are too. An answer that called tools ended for that, whatever its provider says, and one that did not has not. */
  finish(choice: number, reason: FinishReason, stopSequence?: string | true | undefined): void {
    const state = this.#choices.get(choice);
    for (const one of state?.waiting ?? []) if (one.type === "call") closeCall(one);
    this.#proceed(choice);
    this.#emit({
      type: "finish",
      choice,
      reason: reasonOf(reason, state !== undefined && state.calls > 0),
      stopSequence,
    });
  }

  /** Nothing more comes, also of answers that gave no reason: what waits leaves. */
  flush(): void {
    for (const [choice, state] of this.#choices) {
      for (const one of state.waiting) if (one.type === "call") closeCall(one);
      this.#advance(choice, state);
    }
  }

  #proceed(choice: number): void {
    const state = this.#choices.get(choice);
    if (state !== undefined) this.#advance(choice, state);
  }

  /** Emits what waits, up to a call that has not ended. */
  #advance(choice: number, state: Choice): void {
    for (let first = state.waiting[0]; first !== undefined; first = state.waiting[0]) {
      if (first.type !== "call") {
        this.#waitingChars -= eventChars + ("text" in first ? first.text.length : 0);
        this.#emit(first);
      } else {
        this.#sayCall(first, choice);
        const followed = state.waiting.length > 1;
        if (!first.begun || !(first.closed || (followed && first.end.reached))) return;
      }
      state.waiting.shift();
    }
  }

  #sayCall(call: Call, choice: number): void {
    if (!call.begun && (call.name === undefined || (call.id === undefined && !call.hasArguments))) {
      if (!call.closed) return;
      if (call.name === undefined)
        throw new GatewayError("upstream_invalid", "the provider's answer has a tool call without a name");
    }
    if (!call.begun) {
      call.begun = true;
      call.id ??= `${this.#idPrefix}_${this.#numberOf(call)}`;
      const { id, name = "", signature } = call;
      this.#emit({ type: "tool_call", choice, call: call.call, id, name, signature });
    }
    for (const fragment of call.pieces.splice(0)) {
      this.#waitingChars = Math.max(0, this.#waitingChars - fragment.length);
      this.#emit({ type: "arguments", choice, call: call.call, fragment });
    }
  }

  /** The place of a call among all of the answer, from 1. */
  #numberOf(call: Call): number {
    let number = 0;
    for (const known of this.#calls.values()) {
      number += 1;
      if (known.call === call) break;
    }
    return number;
  }

  #isPast(call: Call, choice: number): boolean {
    return call.begun && this.#choices.get(choice)?.waiting.includes(call) !== true;
  }

  #wait(chars: number): void {
    this.#waitingChars += chars;
    if (this.#waitingChars > waitingCharsMax)
      throw new GatewayError("upstream_invalid", "the provider's tool calls are too large");
  }
}

function closeCall(call: Call): void {
  if (!call.closed && !call.hasArguments) call.pieces.push("{}");
  call.closed = true;
}

function reasonOf(reason: FinishReason, called: boolean): FinishReason {
  if (reason === "stop" && called) return "tool_calls";
  return reason === "tool_calls" && !called ? "stop" : reason;
}
