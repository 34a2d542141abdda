import { GatewayError } from "../../core/errors.ts";
import { type JsonObject, textOf } from "../json-view.ts";
import { locateMembers } from "./locate-members.ts";
import type { MakeTextFilter, TextStage } from "./text-filter.ts";
import { TextStages } from "./text-stage.ts";
import type { FilteredJson, TextEnd, TextSlot, TextTail, TextTap } from "./text-tap.ts";

/** Most texts of one answer that are open at once. */
const openTextsMax = 4096;
/** Characters of filtered texts that are kept for when the format repeats them. */
const repeatedCharsMax = 1024 * 1024;

/** A text that has begun. */
interface OpenText {
  readonly slot: TextSlot;
  readonly stage: TextStage | undefined;
  /** The last event that had a piece of it. */
  like: JsonObject;
}

/** A member of the current event that has text. */
interface Piece {
  readonly holder: JsonObject;
  readonly key: string;
  readonly slot: TextSlot;
  readonly repeated: boolean;
  readonly whole: boolean;
}

/** A member of the current event, with the JSON to write in its place. */
interface Edit {
  readonly holder: JsonObject;
  readonly key: string;
  /** Undefined: what stands there, filtered. */
  readonly json: string | undefined;
  readonly slot: TextSlot | undefined;
}

/** Filters the texts of an answer in the bytes of its own format: only the strings that change are written anew. */
export class AnswerTexts implements TextTap {
  readonly #stages: TextStages;
  readonly #open = new Map<string, OpenText>();
  /** What has been told of the current event. */
  readonly #pieces: Piece[] = [];
  readonly #blanks: Edit[] = [];
  readonly #ends: TextEnd[] = [];
  readonly #repeats = new Map<string, string>();
  #repeatedChars = 0;

  constructor(make: MakeTextFilter) {
    this.#stages = new TextStages(make);
  }

  piece(holder: JsonObject, key: string, slot: TextSlot): void {
    this.#pieces.push({ holder, key, slot, repeated: false, whole: typeof holder[key] !== "string" });
  }

  repeat(holder: JsonObject, key: string, slot: TextSlot, whole: boolean): void {
    if (textOf(holder[key]) === undefined) return;
    this.#pieces.push({ holder, key, slot, repeated: true, whole });
  }

  blank(holder: JsonObject, key: string, json: string): void {
    const value = holder[key];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return;
    this.#blanks.push({ holder, key, json, slot: undefined });
  }

  close(end: TextEnd): void {
    this.#ends.push(end);
  }

  /** Filters the event that the reader has just told of. `event` is what was parsed from `json`. Throws the error of a filter that blocks. */
  filter(json: Buffer, event: JsonObject): FilteredJson {
    if (this.#pieces.length + this.#blanks.length + this.#ends.length === 0) return { tails: [], json };
    const edits = this.#filterPieces(this.#pieces.splice(0), event);
    const tails = this.#end(this.#ends.splice(0));
    for (const blank of this.#blanks.splice(0)) if (this.#stages.made) edits.push(blank);
    return { tails, json: edits.length === 0 ? json : this.#apply(json, event, edits) };
  }

  flush(): readonly TextTail[] {
    return this.#end([{}]);
  }

  /** Ends texts, and returns what was held of them. */
  #end(ends: readonly TextEnd[]): readonly TextTail[] {
    if (ends.length === 0) return [];
    const tails: TextTail[] = [];
    for (const [key, { slot, stage, like }] of this.#open) {
      if (!ends.some((end) => isEnded(slot, end))) continue;
      this.#open.delete(key);
      const text = stage?.end() ?? "";
      if (text !== "") tails.push({ slot, text, like });
    }
    return tails;
  }

  /** The edits of strings; parts of the event that are JSON are filtered where they stand. */
  #filterPieces(pieces: readonly Piece[], event: JsonObject): Edit[] {
    const last = new Map(pieces.map((piece, index) => [keyOf(piece), index]));
    const edits: Edit[] = [];
    for (const [index, piece] of pieces.entries()) {
      const { holder, key, slot } = piece;
      const text = textOf(holder[key]);
      if (text === undefined) {
        edits.push({ holder, key, json: undefined, slot });
        continue;
      }
      const isLast = last.get(keyOf(piece)) === index && this.#ends.some((end) => isEnded(slot, end));
      const out = piece.whole ? this.#whole(text, piece) : this.#push(text, piece, event, isLast);
      if (out !== text) edits.push({ holder, key, json: JSON.stringify(out), slot });
    }
    return edits;
  }

  #push(text: string, piece: Piece, event: JsonObject, isLast: boolean): string {
    const key = keyOf(piece);
    const open = this.#openText(key, piece, event);
    open.like = event;
    if (open.stage === undefined) return text;
    const out = open.stage.push(text);
    if (!isLast) return out;
    this.#open.delete(key);
    return out + open.stage.end();
  }

  #openText(key: string, { slot, repeated }: Piece, event: JsonObject): OpenText {
    const open = this.#open.get(key);
    if (open !== undefined) return open;
    if (this.#open.size === openTextsMax)
      throw new GatewayError("upstream_invalid", "the provider's answer has too many texts at once");
    const { channel, choice } = slot;
    const stage = this.#stages.of({ channel, choice, repeated }, slot.form === "json");
    const begun: OpenText = { slot, stage, like: event };
    this.#open.set(key, begun);
    return begun;
  }

  /** A text that is all there. Formats that repeat one do so several times. */
  #whole(text: string, { slot, repeated }: Piece): string {
    const known = `${slot.channel}/${slot.form}/${slot.choice}/${text}`;
    const before = this.#repeats.get(known);
    if (before !== undefined) return before;
    const { channel, choice, form } = slot;
    const stage = this.#stages.of({ channel, choice, repeated }, form === "json");
    const out = stage === undefined ? text : stage.push(text) + stage.end();
    this.#repeatedChars += text.length + out.length;
    if (this.#repeatedChars <= repeatedCharsMax) this.#repeats.set(known, out);
    return out;
  }

  #apply(json: Buffer, event: JsonObject, edits: readonly Edit[]): Buffer {
    const wanted = new Map<object, Map<string, Edit>>();
    for (const edit of edits) {
      const members = wanted.get(edit.holder) ?? new Map<string, Edit>();
      wanted.set(edit.holder, members.set(edit.key, edit));
    }
    const pieces: Buffer[] = [];
    const found = new Set<Edit>();
    let at = 0;
    locateMembers(json, event, wanted, (edit, start, end) => {
      found.add(edit);
      pieces.push(
        json.subarray(at, start),
        Buffer.from(edit.json ?? this.#inPlace(json, start, end, edit.slot)),
      );
      at = end;
    });
    if (found.size < edits.length)
      throw new GatewayError("upstream_invalid", "the provider's answer nests its text too deep");
    return Buffer.concat([...pieces, json.subarray(at)]);
  }

  /** Tool arguments that are not written as a string. */
  #inPlace(json: Buffer, start: number, end: number, slot: TextSlot | undefined): string {
    const text = json.toString("utf8", start, end);
    if (slot === undefined) return text;
    const { channel, choice } = slot;
    const stage = this.#stages.of({ channel, choice, repeated: false }, true);
    return stage === undefined ? text : stage.push(text) + stage.end();
  }
}

function keyOf({ slot, repeated }: Piece): string {
  return `${slot.choice}/${slot.channel}/${slot.part}/${slot.form}${repeated ? "/repeated" : ""}`;
}

function isEnded(slot: TextSlot, { choice, part, channel }: TextEnd): boolean {
  return (
    (choice === undefined || choice === slot.choice) &&
    (part === undefined || part === slot.part) &&
    (channel === undefined || channel === slot.channel)
  );
}
