import type { JsonObject } from "../json-view.ts";
import type { TextChannel } from "./text-filter.ts";

/** One text of an answer: what its pieces have in common. */
export interface TextSlot {
  readonly channel: TextChannel;
  readonly choice: number;
  /** The block, call or field that the text belongs to, in the format's own counting. */
  readonly part: string | number;
  /** `json`: the pieces are JSON text, as most formats write tool arguments. */
  readonly form: "plain" | "json";
}

/** The texts that end: those of one answer, part and channel, or all where one of these is not given. */
export interface TextEnd {
  readonly choice?: number;
  readonly part?: string | number;
  readonly channel?: TextChannel;
}

/** Is told by a format's reader where the texts of one event, or of a whole answer, stand. */
export interface TextTap {
  /** A member is the next piece of a text; where it is no string, the JSON of it is a whole text. */
  piece(holder: JsonObject, key: string, slot: TextSlot): void;
  /** A member says again what was said before: `whole`, or the next piece of a second copy. */
  repeat(holder: JsonObject, key: string, slot: TextSlot, whole: boolean): void;
  /** A member tells of a text in another way, e.g. as tokens with their probabilities: where the answer is filtered, `json` is written in its place. */
  blank(holder: JsonObject, key: string, json: string): void;
  /** With this event texts end. */
  close(end: TextEnd): void;
  /** Takes the event of which all has been told; `event` is what was parsed from `json`. Throws the error of a filter that blocks the answer. */
  filter(json: Buffer, event: JsonObject): FilteredJson;
  /** Ends all texts, and returns what was held back. */
  flush(): readonly TextTail[];
}

/** Text of a slot that was held back when the slot ended, and the last event that had a piece of it. */
export interface TextTail {
  readonly slot: TextSlot;
  readonly text: string;
  readonly like: JsonObject;
}

/** One event as the client gets it. */
export interface FilteredJson {
  /** What has to be said before it, since it ends texts of which something was held. */
  readonly tails: readonly TextTail[];
  /** The same buffer if nothing changes. */
  readonly json: Buffer;
}
