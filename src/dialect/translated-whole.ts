import { ByteRuns } from "../core/byte-runs.ts";
import { GatewayError } from "../core/errors.ts";
import type { AnswerDecoder, MakeDecoder } from "./answer-decoder.ts";
import type { EventEncoder } from "./codec.ts";
import type { ResponseTransform } from "./dialect.ts";
import { wholeData } from "./event-data.ts";
import { parseExactObject } from "./exact-json.ts";
import { HeldAnswer } from "./held-answer.ts";
import type { ResponseState } from "./response-state.ts";

/** An answer that is one JSON object, on its way to a client of another format: held until it is whole, since only then can it be read. */
export class TranslatedWhole implements ResponseTransform {
  readonly seen: ResponseState;
  readonly #decoder: AnswerDecoder;
  readonly #encoder: EventEncoder;
  readonly #out = new ByteRuns();
  readonly #held = new HeldAnswer();

  constructor(seen: ResponseState, makeDecoder: MakeDecoder, encoder: EventEncoder) {
    this.seen = seen;
    this.#encoder = encoder;
    this.#decoder = makeDecoder(seen, (event) => {
      if (event.type === "image" && encoder.showsImages !== true) seen.lost.add("images");
      else encoder.encode(event, this.#out);
    });
  }

  push(chunk: Buffer, end: boolean): Buffer {
    if (this.seen.unreadable) return nothing;
    try {
      this.#held.add(chunk);
      if (end) this.#finish();
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.seen.giveUp(error);
      this.#out.add(this.#encoder.breakOff(error));
    }
    return this.#out.take(nothing);
  }

  breakOff(error: GatewayError): Buffer {
    return this.#encoder.breakOff(error);
  }

  #finish(): void {
    const answer = wholeData(this.#held.take(), parseExactObject);
    if (answer === undefined) throw new GatewayError("upstream_invalid", "the provider's answer is not JSON");
    this.#decoder.whole(answer);
    // Found inside a 200: there is no answer to make of it.
    if (this.seen.error !== undefined) throw this.seen.error;
    this.seen.complete = true;
    this.#encoder.encode({ type: "end" }, this.#out);
  }
}

const nothing = Buffer.alloc(0);
