import { GatewayError } from "../core/errors.ts";
import { AnswerTail, lastMembers } from "./answer-tail.ts";
import type { ResponseTransform } from "./dialect.ts";
import { wholeData } from "./event-data.ts";
import { type JsonObject, objectOf } from "./json-view.ts";
import type { ResponseState } from "./response-state.ts";

/**
 * Largest whole answer that is read, in bytes after decoding. A larger one passes where it can, and only the usage at its end is read; it is
 * {@link answerTooLarge} where it has to be read first. Without a usage it is charged at the most it can have cost.
 */
export const wholeAnswerBytesMax = 64 * 1024 * 1024;

/** The failure of an answer above {@link wholeAnswerBytesMax} that cannot pass unread. */
export function answerTooLarge(): GatewayError {
  return new GatewayError(
    "response_too_large",
    `the provider's answer is larger than the ${wholeAnswerBytesMax} bytes that this gateway reads`,
  );
}

/** An answer that is one JSON object, on its way to the client: every byte passes as it comes, and the whole is read at its end. */
export class WholeResponse implements ResponseTransform {
  readonly seen: ResponseState;
  readonly #read: (answer: JsonObject, seen: ResponseState) => void;
  readonly #parse: (bytes: Buffer) => JsonObject | undefined;
  #chunks: Buffer[] = [];
  readonly #tail = new AnswerTail();
  #length = 0;

  /** `read` notes what the answer says, and throws `upstream_invalid` for what is no answer; `seen.complete` is set when it was an object and told of no error. */
  constructor(
    seen: ResponseState,
    read: (answer: JsonObject, seen: ResponseState) => void,
    parse: (bytes: Buffer) => JsonObject | undefined = (bytes) => wholeData(bytes),
  ) {
    this.seen = seen;
    this.#read = read;
    this.#parse = parse;
  }

  push(chunk: Buffer, end: boolean): Buffer {
    this.#length += chunk.length;
    this.#tail.push(chunk);
    if (this.#length > wholeAnswerBytesMax) this.#chunks = [];
    else if (chunk.length > 0) this.#chunks.push(chunk);
    const filtered = end ? this.#finish() : nothing;
    return this.seen.texts === undefined ? chunk : filtered;
  }

  /** Half a JSON object cannot be mended by more bytes: only a cut is honest. */
  breakOff(): Buffer {
    return nothing;
  }

  /** Reads what stands behind the content of an answer too large to be read: its usage, if the format has it there. */
  #readTail(): void {
    const members = lastMembers(this.#tail.take(), tailKeys);
    if (objectOf(members.usage ?? members.usageMetadata) === undefined) return;
    try {
      this.#read(members, this.seen);
    } catch (error) {
      // A format that wants more than that: it stays unread.
      if (!(error instanceof GatewayError)) throw error;
    }
  }

  /** Reads the whole answer. Returns it with its texts filtered, nothing if it cannot be. */
  #finish(): Buffer {
    const [only] = this.#chunks;
    const whole = only !== undefined && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks);
    this.#chunks = [];
    if (this.#length > wholeAnswerBytesMax) {
      if (this.seen.texts !== undefined) {
        this.seen.giveUp(answerTooLarge());
        return nothing;
      }
      this.seen.complete = true;
      this.seen.unread = true;
      this.#readTail();
      return nothing;
    }
    try {
      const answer = this.#parse(whole);
      if (answer === undefined)
        throw new GatewayError("upstream_invalid", "the provider's answer is not JSON");
      this.#read(answer, this.seen);
      const filtered = this.#filtered(whole, answer);
      this.seen.complete = this.seen.error === undefined;
      return filtered;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.seen.giveUp(error);
      return nothing;
    }
  }

  #filtered(whole: Buffer, answer: JsonObject): Buffer {
    const { texts } = this.seen;
    texts?.close({});
    return texts?.filter(whole, answer).json ?? whole;
  }
}

/** What the formats say of an answer beside its content; all but Anthropic's model stands behind the content. */
const tailKeys: ReadonlySet<string> = new Set([
  ...["usage", "usageMetadata", "service_tier", "serviceTier"],
  ...["model", "modelVersion", "stop_reason", "stopReason"],
]);

const nothing = Buffer.alloc(0);
