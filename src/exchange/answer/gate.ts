import { ContentDecoder, isDecodable } from "../../core/content-decoder.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Headers } from "../../core/headers.ts";
import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import { askedWaitMs } from "../../core/retry-after.ts";
import { inSlices, sliceBytes } from "../../core/slices.ts";
import { errorOfStatus } from "../../dialect/upstream-error.ts";
import { answerTooLarge, wholeAnswerBytesMax } from "../../dialect/whole-response.ts";
import type { FailureClass } from "../../provider/provider.ts";
import type { AnswerCheck } from "../../validation/answer-check.ts";
import { backendOf } from "../admit/transports.ts";
import { type NextAttempt, planNextAttempt } from "../attempt/next-attempt.ts";
import type { AnswerReader } from "../state/answer-parts.ts";
import type { Attempt, Judgement } from "../state/attempt.ts";
import type { Forwarded } from "../state/exchange.ts";
import type { AnswerHead } from "../state/outcome.ts";
import { beginCheck, checkFailure, concludeCheck } from "./answer-checking.ts";
import { answerReader } from "./answer-reader.ts";
import { codeOfFailure } from "./translating.ts";

/** Bytes that a stream may send without saying anything before it is let through unread. */
const silenceBytesMax = 1_048_576;
/** An error's body is read this far. */
const errorBytesMax = 65_536;

/** The decision on an answer. */
export type GateVerdict =
  /** The client gets it. `last`: whatever its status, no other target is asked. */
  | { readonly kind: "release"; readonly last: boolean }
  /** It is withheld. Without `next`, no other target is asked, and the client gets our error. */
  | { readonly kind: "fail"; readonly next: NextAttempt | undefined };

/**
 * Looks at an answer before the client sees anything of it: a stream up to its first content, a whole answer to its end. An answer that states an error, ends early or makes no sense before its first content is a failed attempt.
 */
export class Gate {
  readonly #forwarded: Forwarded;
  readonly #attempt: Attempt;
  readonly #head: AnswerHead;
  readonly #whole: boolean;
  readonly #reader: AnswerReader | undefined;
  readonly #check: AnswerCheck | undefined;
  readonly #error: Buffer[] = [];
  /** An answer encoded although we asked for identity is only read further down. */
  readonly #encoded: boolean;
  #bytes = 0;
  #content = false;

  /** `whole`: the answer comes in one piece, and is judged by all of it. */
  constructor(forwarded: Forwarded, attempt: Attempt, head: AnswerHead, whole: boolean) {
    this.#forwarded = forwarded;
    this.#attempt = attempt;
    this.#head = head;
    this.#whole = whole;
    this.#encoded = isEncoded(head.headers);
    if (head.status < 400) {
      attempt.begun = whole ? "whole" : "stream";
      const check = whole ? beginCheck(forwarded) : undefined;
      this.#check = check;
      this.#reader = answerReader(forwarded, attempt, head, {
        writes: false,
        onText: (text, kind, choice) => {
          this.#content = true;
          check?.push(text, kind, choice);
        },
      });
    }
  }

  /** Takes the next bytes. Undefined while undecided; never at the end. */
  push(chunk: Buffer, end: boolean): MaybePromise<GateVerdict | undefined> {
    this.#bytes += chunk.length;
    const reader = this.#reader;
    if (reader === undefined) return this.#refusal(chunk, end);
    if (this.#encoded) return release;
    if (this.#whole || chunk.length <= sliceBytes) return this.#answer(reader, chunk, end);
    return this.#answerInTurns(reader, chunk, end);
  }

  /** Takes an answer that came in one piece. If it is to be checked and its upstream encoded it, it is decoded first. */
  pushWhole(body: Buffer): MaybePromise<GateVerdict> {
    const encoding = this.#head.headers.get("content-encoding") ?? "";
    const reader = this.#reader;
    if (!this.#encoded || this.#check === undefined || reader === undefined || !isDecodable(encoding))
      return chain(this.push(body, true), (verdict) => verdict ?? release);
    this.#bytes = body.length;
    const decoder = new ContentDecoder(encoding, wholeAnswerBytesMax);
    // The edge's bytes are valid only during this call.
    const judged = decoder.push(Buffer.from(body), true).then(
      async (plain) => (await this.#answer(reader, plain, true)) ?? release,
      (error) => this.#fail("overloaded", GatewayError.from(error), reader),
    );
    return judged.finally(() => decoder.close());
  }

  async #answerInTurns(reader: AnswerReader, chunk: Buffer, end: boolean): Promise<GateVerdict | undefined> {
    let verdict: GateVerdict | undefined;
    await inSlices(chunk, end, async (slice, last) => {
      verdict = await this.#answer(reader, slice, last);
      return verdict !== undefined;
    });
    return verdict;
  }

  #answer(reader: AnswerReader, chunk: Buffer, end: boolean): MaybePromise<GateVerdict | undefined> {
    return chain(reader.push(chunk, end), () => this.#look(reader, end));
  }

  #look(reader: AnswerReader, end: boolean): MaybePromise<GateVerdict | undefined> {
    const { seen } = reader;
    if (!this.#whole && (this.#content || seen.content)) return release;
    if (seen.error !== undefined) return this.#fail(classOf(seen.error), seen.error, reader);
    if (!end) return this.#bytes > silenceBytesMax ? release : undefined;
    if (seen.unread) return this.#unread(reader);
    const says = this.#content || seen.content || seen.finishReason !== undefined || seen.usage !== undefined;
    if (seen.complete && says) return this.#checked(reader);
    const why = this.#bytes === 0 ? "is empty" : "ended before it was complete";
    return this.#fail(
      "overloaded",
      new GatewayError("upstream_invalid", `the provider's answer ${why}`),
      reader,
    );
  }

  /** The answer is complete, but too large to read, or came while too much else was read. It passes unread, unless it must be checked. */
  #unread(reader: AnswerReader): GateVerdict {
    if (this.#check === undefined) return release;
    const error =
      this.#bytes > wholeAnswerBytesMax
        ? answerTooLarge()
        : new GatewayError("capacity", "the provider's answer could not be read in time for its checks");
    return this.#fail(classOf(error), error, reader);
  }

  /** The answer is whole and says something: what is left is what its model's rules say of it. */
  #checked(reader: AnswerReader): MaybePromise<GateVerdict> {
    if (this.#check === undefined) return release;
    return chain(concludeCheck(this.#forwarded, this.#attempt, this.#check, reader.seen), (result) =>
      result.result === "failed" ? this.#fail("quality", checkFailure(result), reader) : release,
    );
  }

  /** A refusal is known for what it is by its status; where the vendors' words decide, by its body too. */
  #refusal(chunk: Buffer, end: boolean): GateVerdict | undefined {
    if (toldByBody.has(this.#head.status) && !this.#encoded && this.#bytes <= errorBytesMax) {
      this.#error.push(Buffer.from(chunk));
      if (!end) return undefined;
    }
    const { exchange } = this.#forwarded;
    const { status, headers } = this.#head;
    const { provider } = backendOf(exchange, this.#attempt.target.target);
    const body = Buffer.concat(this.#error);
    const failure = provider.classify(status, headers, body);
    const waitMs = longer(
      askedWaitMs((name) => headers.get(name), exchange.services.clock.nowMs()),
      provider.askedWaitMs?.(body),
    );
    this.#attempt.classify(failure, waitMs);
    const next = planNextAttempt(this.#forwarded, this.#attempt, failure, waitMs);
    // A provider's words about our account with it are not for clients, whatever their status.
    const isOurs = failure === "auth_or_quota" && status !== 429;
    if (next === undefined && !isOurs) return lastRelease;
    const code = codeOfFailure(failure, errorOfStatus(status).code);
    const error = new GatewayError(code, `the provider answered ${status}`);
    this.#attempt.judge({
      class: failure,
      error,
      status,
      usage: undefined,
      model: undefined,
      made: undefined,
    });
    return { kind: "fail", next };
  }

  #fail(failure: FailureClass, error: GatewayError, { seen }: AnswerReader): GateVerdict {
    const broken = seen.unreadable || seen.unread || (seen.error === undefined && !seen.complete);
    const made = broken || failure === "quality" ? this.#made() : undefined;
    const { usage, model } = seen;
    this.#attempt.judge({ class: failure, error, status: this.#head.status, usage, model, made });
    return { kind: "fail", next: planNextAttempt(this.#forwarded, this.#attempt, failure) };
  }

  /** An answer without a byte was none. A stream that is held for its checks has been generated like a whole answer. */
  #made(): Judgement["made"] {
    if (this.#bytes === 0) return undefined;
    return this.#whole ? "hold" : "input";
  }
}

const release: GateVerdict = { kind: "release", last: false };
const lastRelease: GateVerdict = { kind: "release", last: true };

/** Of two hints the longer one holds. */
function longer(first: number | undefined, second: number | undefined): number | undefined {
  return first === undefined || second === undefined ? (first ?? second) : Math.max(first, second);
}

/** Refusals that say by their body alone whose fault they are: a request too long for this model, an account that is used up, a bad key. */
const toldByBody: ReadonlySet<number> = new Set([400, 402, 403, 404, 410, 413, 422, 429]);

function isEncoded(headers: Headers): boolean {
  return (headers.get("content-encoding") ?? "identity") !== "identity";
}

function classOf({ code }: GatewayError): FailureClass {
  switch (code) {
    case "rate_limit":
      return "rate_limited";
    case "insufficient_quota":
    case "upstream_auth":
      return "auth_or_quota";
    case "timeout":
      return "timeout";
    case "context_length_exceeded":
      return "context_length";
    // Another target would make as large an answer, and bill it too; where we are too busy to read it, no target is at fault.
    case "response_too_large":
    case "capacity":
      return "client_error";
    default:
      return "overloaded";
  }
}
