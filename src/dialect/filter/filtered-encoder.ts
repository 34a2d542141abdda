import type { ByteRuns } from "../../core/byte-runs.ts";
import { GatewayError } from "../../core/errors.ts";
import type { EventEncoder } from "../codec.ts";
import type { ModelEvent } from "../model-event.ts";
import type { MakeTextFilter, TextChannel, TextStage } from "./text-filter.ts";
import { TextStages } from "./text-stage.ts";

/** Most texts that are open at once. */
const openTextsMax = 4096;

/** An event that holds a piece of text. */
type TextEvent = Extract<ModelEvent, { readonly type: "text" | "reasoning" | "arguments" }>;

/** A text that has begun. */
interface OpenText {
  readonly stage: TextStage | undefined;
  /** Its last piece. */
  like: TextEvent;
}

/**
 * Filters the texts of a translated answer between its reader and its writer. A text ends where the answer goes on with something else, since
 * most writers then begin another block: what was held back goes out first.
 */
export class FilteredEncoder implements EventEncoder {
  readonly showsImages: boolean;
  readonly #encoder: EventEncoder;
  readonly #stages: TextStages;
  readonly #open = new Map<string, OpenText>();

  constructor(encoder: EventEncoder, make: MakeTextFilter) {
    this.#encoder = encoder;
    this.showsImages = encoder.showsImages === true;
    this.#stages = new TextStages(make);
  }

  encode(event: ModelEvent, out: ByteRuns): void {
    switch (event.type) {
      case "text":
      case "reasoning":
      case "arguments":
        this.#text(event, out);
        return;
      case "start":
      case "usage":
        break;
      case "signature":
      case "redacted":
      case "image":
      case "tool_call":
      case "finish":
        this.#leave(event.choice, out);
        break;
      case "end":
        for (const key of [...this.#open.keys()]) this.#end(key, out);
    }
    this.#encoder.encode(event, out);
  }

  breakOff(error: GatewayError): Buffer {
    return this.#encoder.breakOff(error);
  }

  #text(event: TextEvent, out: ByteRuns): void {
    const key = keyOf(event);
    const open = this.#open.get(key) ?? this.#begin(event, key, out);
    open.like = event;
    const text = event.type === "arguments" ? event.fragment : event.text;
    this.#write(event, open.stage === undefined ? text : open.stage.push(text), out);
  }

  #begin(event: TextEvent, key: string, out: ByteRuns): OpenText {
    this.#leave(event.choice, out);
    if (this.#open.size === openTextsMax)
      throw new GatewayError("upstream_invalid", "the provider's answer has too many texts at once");
    const { type, choice } = event;
    const place = { channel: channels[type], choice, repeated: false };
    const open: OpenText = { stage: this.#stages.of(place, type === "arguments"), like: event };
    this.#open.set(key, open);
    return open;
  }

  /** An answer goes on with something else than its last text, or ends. */
  #leave(choice: number, out: ByteRuns): void {
    for (const [key, { like }] of this.#open) if (like.choice === choice) this.#end(key, out);
  }

  #end(key: string, out: ByteRuns): void {
    const open = this.#open.get(key);
    this.#open.delete(key);
    if (open?.stage !== undefined) this.#write(open.like, open.stage.end(), out);
  }

  #write(event: TextEvent, text: string, out: ByteRuns): void {
    if (text === "") return;
    this.#encoder.encode(event.type === "arguments" ? { ...event, fragment: text } : { ...event, text }, out);
  }
}

function keyOf(event: TextEvent): string {
  return event.type === "arguments" ? `${event.choice}/call/${event.call}` : `${event.choice}/${event.type}`;
}

const channels: Readonly<Record<TextEvent["type"], TextChannel>> = {
  text: "answer",
  reasoning: "reasoning",
  arguments: "arguments",
};

/** The encoder, behind a filter where the exchange has one. */
export function filteredEncoder(encoder: EventEncoder, filter: MakeTextFilter | undefined): EventEncoder {
  return filter === undefined ? encoder : new FilteredEncoder(encoder, filter);
}
