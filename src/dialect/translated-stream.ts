import type { ByteRuns } from "../core/byte-runs.ts";
import { GatewayError } from "../core/errors.ts";
import { stringBytesMax } from "../core/json-values.ts";
import type { SseEvent } from "../core/sse.ts";
import type { AnswerDecoder, MakeDecoder } from "./answer-decoder.ts";
import type { EventEncoder } from "./codec.ts";
import { eventData } from "./event-data.ts";
import { parseExactObject } from "./exact-json.ts";
import type { JsonObject } from "./json-view.ts";
import type { ResponseState } from "./response-state.ts";
import type { EventReader } from "./sse-response.ts";

/** A stream of one format that leaves as an answer of another, event by event. An error inside it is the last thing the client gets. */
export class TranslatedStream implements EventReader {
  readonly #seen: ResponseState;
  readonly #decoder: AnswerDecoder;
  readonly #encoder: EventEncoder;
  /** Where the events of the current piece go; set before anything is emitted. */
  #out: ByteRuns | undefined;
  #over = false;

  constructor(seen: ResponseState, makeDecoder: MakeDecoder, encoder: EventEncoder) {
    this.#seen = seen;
    this.#encoder = encoder;
    this.#decoder = makeDecoder(seen, (event) => {
      if (event.type === "end") this.#over = true;
      if (event.type === "image" && encoder.showsImages !== true) seen.lost.add("images");
      else if (this.#out !== undefined) encoder.encode(event, this.#out);
    });
  }

  read(event: SseEvent, out: ByteRuns): void {
    this.#out = out;
    if (event.data === undefined || this.#over) return;
    // What is not read cannot be written in another format.
    if (event.cut)
      throw new GatewayError(
        "upstream_invalid",
        `an event of the stream has more than ${stringBytesMax} bytes of text, which cannot be translated`,
      );
    if (event.data.startsWith("[DONE]")) {
      this.#decoder.done();
      return;
    }
    const data = eventData(event.data, this.#seen, parseExactObject);
    if (data !== undefined) this.#take(data, out);
  }

  /** Takes an event that was framed otherwise. */
  data(data: JsonObject, out: ByteRuns): void {
    this.#out = out;
    if (!this.#over) this.#take(data, out);
  }

  end(out: ByteRuns): void {
    this.#out = out;
    if (!this.#over) this.#decoder.close();
  }

  breakOff(error: GatewayError): Buffer {
    this.#over = true;
    return this.#encoder.breakOff(error);
  }

  #take(data: JsonObject, out: ByteRuns): void {
    this.#decoder.event(data);
    const { error } = this.#seen;
    if (error !== undefined) out.add(this.breakOff(error));
  }
}
