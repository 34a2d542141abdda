import { assert } from "./errors.ts";
import { largest } from "./extremes.ts";

/** A set keeps its members as bits of a 32-bit integer. */
const keysMax = 31;

/**
 * A closed set of object keys that decide something, found in JSON bytes without making strings.
 * `names` in the order given; a key that is none of them but that a lenient parser would take for one is a lookalike: Go's `encoding/json`
 * matches keys without regard to case (ſ and the Kelvin sign included), and C strings end at NUL.
 */
export class KeySet<Key extends string> {
  readonly names: readonly Key[];
  /** What `find` gives for a key that is not of the set. */
  readonly none = -1;
  /** What `find` gives for a key that some parsers would take for one of the set. */
  readonly lookalike = -2;
  readonly #byLength: readonly (readonly number[])[];
  readonly #folded: ReadonlySet<string>;
  readonly #bytesMax: number;

  constructor(names: readonly Key[]) {
    assert(names.length <= keysMax, `at most ${keysMax} keys`);
    this.names = names;
    const longest = largest(names.map((name) => name.length));
    this.#byLength = Array.from({ length: longest + 1 }, (_, length) =>
      names.flatMap((name, index) => (name.length === length ? [index] : [])),
    );
    this.#folded = new Set(names.map(fold));
    // One letter of a name may be written with three bytes (the Kelvin sign), and NUL cuts the rest off.
    this.#bytesMax = longest * 3 + 1;
  }

  /** The index in `names` of the key whose inside is at `start` to `end`, or `none`, or `lookalike`. */
  find(body: Buffer, start: number, end: number, escaped: boolean): number {
    if (escaped) return this.#findText(JSON.parse(body.toString("utf8", start - 1, end + 1)) as string);
    const candidates = this.#byLength[end - start] ?? [];
    for (let i = 0; i < candidates.length; i += 1) {
      const index = candidates[i] ?? 0;
      if (standsAt(this.names[index] ?? "", body, start)) return index;
    }
    if (end - start > this.#bytesMax || isLowerAscii(body, start, end)) return this.none;
    return this.#findText(body.toString("utf8", start, end));
  }

  #findText(key: string): number {
    const index = (this.names as readonly string[]).indexOf(key);
    if (index >= 0) return index;
    return this.#folded.has(fold(key.split("\u0000", 1)[0] ?? "")) ? this.lookalike : this.none;
  }
}

function standsAt(name: string, body: Buffer, start: number): boolean {
  for (let i = 0; i < name.length; i += 1) if (body[start + i] !== name.charCodeAt(i)) return false;
  return true;
}

function isLowerAscii(body: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) {
    const byte = body[i] ?? 0;
    if (byte >= 0x80 || (byte >= 0x41 && byte <= 0x5a)) return false;
  }
  return true;
}

/** Upper case first takes ſ to S, lower case then the Kelvin sign to k. */
function fold(text: string): string {
  return text.toUpperCase().toLowerCase();
}
