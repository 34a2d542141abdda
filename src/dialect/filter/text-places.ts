import type { JsonObject } from "../json-view.ts";
import { locateMembers } from "./locate-members.ts";
import type { FilteredJson, TextSlot, TextTail, TextTap } from "./text-tap.ts";

/** A text of a whole answer, or a piece of one. */
export interface TextPiece {
  readonly type: "text";
  readonly slot: TextSlot;
  /** Offset of its value, quotes included, and after it. */
  readonly start: number;
  readonly end: number;
  /** True for a value that is JSON and no string. */
  readonly raw: boolean;
  readonly repeated: boolean;
}

/** A value that tells of a text in another way, and what to write in its place where the answer is filtered. */
export interface BlankedValue {
  readonly type: "blank";
  readonly start: number;
  readonly end: number;
  readonly json: string;
}

/** What is found in an answer. */
export type FoundText = TextPiece | BlankedValue;

type Wanted = Omit<TextPiece, "start" | "end"> | Omit<BlankedValue, "start" | "end">;

/** Finds where the texts of a whole answer stand, for a filter that works in another thread. */
export class TextPlaces implements TextTap {
  /** In the order of the bytes. */
  readonly found: FoundText[] = [];
  readonly #wanted = new Map<object, Map<string, Wanted>>();

  piece(holder: JsonObject, key: string, slot: TextSlot): void {
    const raw = typeof holder[key] !== "string";
    this.#want(holder, key, { type: "text", slot, raw, repeated: false });
  }

  repeat(holder: JsonObject, key: string, slot: TextSlot): void {
    if (typeof holder[key] === "string")
      this.#want(holder, key, { type: "text", slot, raw: false, repeated: true });
  }

  blank(holder: JsonObject, key: string, json: string): void {
    if (holder[key] !== undefined && holder[key] !== null) this.#want(holder, key, { type: "blank", json });
  }

  close(): void {}

  filter(json: Buffer, event: JsonObject): FilteredJson {
    locateMembers(json, event, this.#wanted, (wanted, start, end) => {
      this.found.push({ ...wanted, start, end });
    });
    return { tails: [], json };
  }

  flush(): readonly TextTail[] {
    return [];
  }

  #want(holder: JsonObject, key: string, wanted: Wanted): void {
    const members = this.#wanted.get(holder) ?? new Map<string, Wanted>();
    this.#wanted.set(holder, members.set(key, wanted));
  }
}
