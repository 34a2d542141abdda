import { GatewayError } from "../../core/errors.ts";
import { jsonDepthMax } from "../../core/json-scan.ts";
import { parseJson } from "../json-view.ts";
import type { TextStage } from "./text-filter.ts";

/**
 * Filters the strings in a JSON text that comes in pieces, cut anywhere. Each string is a text of its own; keys, numbers and what is no JSON
 * pass as they are. A filter gets a string's text without its escapes, and what it returns is escaped again.
 */
export class JsonTextFilter implements TextStage {
  readonly #make: () => TextStage | undefined;
  /** For each open level, whether it is an object. */
  readonly #levels: boolean[] = [];
  /** The next string is a key of an object. */
  #keyNext = false;
  #string: OpenString | undefined;

  constructor(make: () => TextStage | undefined) {
    this.#make = make;
  }

  push(json: string): string {
    let out = "";
    for (let at = 0; at < json.length; ) {
      const end = this.#string === undefined ? this.#pass(json, at) : this.#endOfString(json, at);
      if (this.#string === undefined) {
        out += json.slice(at, end);
        if (end < json.length) {
          out += '"';
          this.#string = this.#open();
        }
      } else {
        out += this.#string.push(json.slice(at, end));
        if (end < json.length) {
          out += `${this.#string.end()}"`;
          this.#string = undefined;
        }
      }
      at = end + 1;
    }
    return out;
  }

  /** A string that never ended lets go of what is held. */
  end(): string {
    const held = this.#string?.end() ?? "";
    this.#string = undefined;
    return held;
  }

  #open(): OpenString {
    const isKey = this.#keyNext;
    this.#keyNext = false;
    return new OpenString(isKey ? undefined : this.#make());
  }

  /** Passes what stands between strings; the offset of the next quote, or the end. */
  #pass(json: string, from: number): number {
    let at = from;
    for (; at < json.length; at += 1) {
      const char = json[at];
      if (char === '"') return at;
      if (char === "{" || char === "[") this.#enter(char === "{");
      else if (char === "}" || char === "]") this.#levels.pop();
      if (char === "{" || char === ",") this.#keyNext = this.#levels.at(-1) === true;
    }
    return at;
  }

  #enter(isObject: boolean): void {
    if (this.#levels.length === jsonDepthMax)
      throw new GatewayError("upstream_invalid", "a tool call's arguments nest too deep");
    this.#levels.push(isObject);
    this.#keyNext = false;
  }

  /** The offset of the quote that ends the open string, or the end of the piece. */
  #endOfString(json: string, from: number): number {
    let escaped = this.#string?.escaped === true;
    let at = from;
    for (; at < json.length; at += 1) {
      if (escaped) escaped = false;
      else if (json[at] === "\\") escaped = true;
      else if (json[at] === '"') break;
    }
    if (this.#string !== undefined) this.#string.escaped = escaped;
    return at;
  }
}

/** One string of a JSON text, from its quote on. */
class OpenString {
  /** The last piece ended with a backslash that escapes what comes next. */
  escaped = false;
  readonly #filter: TextStage | undefined;
  /** The beginning of an escape whose rest has not come. */
  #cut = "";
  /** Everything so far passed as it came, so nothing is held. */
  #same = true;

  constructor(filter: TextStage | undefined) {
    this.#filter = filter;
  }

  push(piece: string): string {
    if (this.#filter === undefined) return piece;
    const raw = this.#cut + piece;
    this.#cut = cutEscape(raw);
    return this.#filtered(raw.slice(0, raw.length - this.#cut.length), this.#filter);
  }

  end(): string {
    return this.#filter === undefined ? "" : inside(this.#filter.end()) + this.#cut;
  }

  #filtered(raw: string, filter: TextStage): string {
    if (raw === "") return "";
    const text = parseJson(`"${raw}"`);
    // No JSON string: its reader cannot read it either, so the filter gets it as it stands.
    const plain = typeof text === "string" ? text : raw;
    const out = filter.push(plain);
    this.#same &&= out === plain;
    if (this.#same) return raw;
    return typeof text === "string" ? inside(out) : out;
  }
}

/** The inside of a JSON string that says `text`. */
function inside(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The beginning of an escape at the end of a piece. */
function cutEscape(raw: string): string {
  const last = raw.lastIndexOf("\\");
  if (last < 0) return "";
  let slashes = 1;
  while (raw[last - slashes] === "\\") slashes += 1;
  const rest = raw.slice(last);
  const isCut = rest === "\\" || (rest[1] === "u" && rest.length < unicodeEscapeChars);
  return slashes % 2 === 1 && isCut ? rest : "";
}

/** Of a backslash, `u` and four digits. */
const unicodeEscapeChars = 6;
