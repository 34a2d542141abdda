import { assert, GatewayError } from "../core/errors.ts";
import type { Headers } from "../core/headers.ts";
import type { ResponseTransform } from "../dialect/dialect.ts";
import type { FailureClass } from "../provider/provider.ts";
import { answerReader } from "./answer-reader.ts";
import type { Attempt } from "./attempt.ts";
import { backendOf, plannedCarriage } from "./carrying.ts";
import { admitted, type Exchange } from "./exchange.ts";

/** Bytes that a stream may send without saying anything before it is let through unread. */
const silenceBytesMax = 1_048_576;
/** An error's body is read this far. */
const errorBytesMax = 65_536;

/** The upstream's response headers as its own filter sees them. */
export interface GateHead {
  readonly status: number;
  readonly headers: Headers;
}

/** What becomes of an answer: the client gets it, or the next target is asked. */
export type Verdict = "release" | "fail";

/**
 * Looks at an answer before the client sees anything of it: a stream up to its first content, a whole answer to its end. What has said
 * nothing yet, and says an error, ends early or makes no sense, is a failed attempt.
 */
export class Gate {
  readonly #exchange: Exchange;
  readonly #attempt: Attempt;
  readonly #head: GateHead;
  readonly #whole: boolean;
  readonly #reader: ResponseTransform | undefined;
  readonly #error: Buffer[] = [];
  /** What an upstream encoded although it was asked not to is read further down only. */
  readonly #encoded: boolean;
  #bytes = 0;
  #content = false;

  /** `whole`: the answer comes in one piece, and is judged by all of it. */
  constructor(exchange: Exchange, attempt: Attempt, head: GateHead, whole: boolean) {
    this.#exchange = exchange;
    this.#attempt = attempt;
    this.#head = head;
    this.#whole = whole;
    this.#encoded = isEncoded(head.headers);
    if (head.status < 400) {
      this.#reader = answerReader(exchange, attempt, plannedCarriage(exchange, attempt.target.target), {
        status: head.status,
        headers: head.headers,
        facts: admitted(exchange).facts,
        onText: () => {
          this.#content = true;
        },
      });
    }
  }

  /** Takes the next bytes; undefined: not known yet, which it never answers at the end. */
  push(chunk: Buffer, end: boolean): Verdict | undefined {
    this.#bytes += chunk.length;
    if (this.#encoded) return "release";
    return this.#reader === undefined ? this.#refusal(chunk, end) : this.#answer(this.#reader, chunk, end);
  }

  #answer(reader: ResponseTransform, chunk: Buffer, end: boolean): Verdict | undefined {
    reader.push(chunk, end);
    const { seen } = reader;
    if (!this.#whole && (this.#content || seen.content)) return "release";
    if (seen.error !== undefined) return this.#fail(classOf(seen.error), seen.error, reader);
    if (!end) return this.#bytes > silenceBytesMax ? "release" : undefined;
    const says = this.#content || seen.content || seen.finishReason !== undefined || seen.usage !== undefined;
    if (seen.complete && says) return "release";
    const why = this.#bytes === 0 ? "is empty" : "ended before it was complete";
    return this.#fail(
      "overloaded",
      new GatewayError("upstream_invalid", `the provider's answer ${why}`),
      reader,
    );
  }

  /** Envoy knows most refusals by their status; what is told by the body alone is a request too long for this model. */
  #refusal(chunk: Buffer, end: boolean): Verdict | undefined {
    if (this.#head.status !== 400 && this.#head.status !== 413) return "release";
    if (this.#bytes > errorBytesMax) return "release";
    this.#error.push(Buffer.from(chunk));
    if (!end) return undefined;
    const { provider } = backendOf(this.#exchange, this.#attempt.target.target);
    const failure = provider.classify(this.#head.status, this.#head.headers, Buffer.concat(this.#error));
    if (failure !== "context_length") return "release";
    const error = new GatewayError("context_length_exceeded", "the input is too long for this model", {
      param: "model",
    });
    return this.#fail(failure, error, undefined);
  }

  #fail(failure: FailureClass, error: GatewayError, reader: ResponseTransform | undefined): Verdict {
    const { status } = this.#head;
    assert(this.#attempt.judged === undefined, "an answer is judged once");
    const seen = reader?.seen;
    const broken = seen !== undefined && (seen.unreadable || (seen.error === undefined && !seen.complete));
    const made = this.#whole && this.#bytes > 0 && broken;
    this.#attempt.judged = { class: failure, error, status, usage: seen?.usage, made };
    this.#attempt.fate = { kind: "failed", status, flags: [], class: failure };
    return "fail";
  }
}

function isEncoded(headers: Headers): boolean {
  return (headers.get("content-encoding") ?? "identity") !== "identity";
}

function classOf({ code }: GatewayError): FailureClass {
  switch (code) {
    case "rate_limit":
      return "rate_limited";
    case "context_length_exceeded":
      return "context_length";
    default:
      return "overloaded";
  }
}
