import { inSlices } from "../../core/slices.ts";
import { JsonTextFilter } from "./json-text-filter.ts";
import type { MakeTextFilter, TextStage } from "./text-filter.ts";
import type { FoundText, TextPiece } from "./text-places.ts";
import { TextStages } from "./text-stage.ts";

/** Room for what filters add to an answer, as a share of it, before it is copied to a larger place. */
const growthShare = 0.25;

/**
 * Filters the texts of a large whole answer in turns, so that the event loop is never held. `found` is in the order of the bytes. Throws the
 * error of a filter that blocks the answer.
 */
export async function filterPieces(
  body: Buffer,
  found: readonly FoundText[],
  make: MakeTextFilter,
): Promise<Buffer> {
  const writer = new PieceWriter(body, found, new TextStages(make));
  await inSlices(body, true, async (slice) => {
    writer.advance(slice.length);
    return false;
  });
  return writer.written();
}

/** Writes an answer anew, as far as it is told to at a time. */
class PieceWriter {
  readonly #body: Buffer;
  readonly #found: readonly FoundText[];
  readonly #texts: OpenTexts;
  #out: Buffer;
  #length = 0;
  #at = 0;
  #next = 0;
  /** What the current piece goes through, from its first byte on. */
  #stage: TextStage | undefined;
  #decoder = new TextDecoder();

  constructor(body: Buffer, found: readonly FoundText[], stages: TextStages) {
    this.#body = body;
    this.#found = found;
    this.#texts = new OpenTexts(found, stages);
    this.#out = Buffer.allocUnsafe(Math.ceil(body.length * (1 + growthShare)));
  }

  /** Takes the next bytes of the answer. */
  advance(length: number): void {
    const until = this.#at + length;
    while (this.#at < until) {
      const found = this.#found[this.#next];
      if (found === undefined || found.start >= until) this.#copy(until);
      else this.#advanceIn(found, until);
    }
  }

  written(): Buffer {
    return this.#out.subarray(0, this.#length);
  }

  #advanceIn(found: FoundText, until: number): void {
    if (this.#at <= found.start) {
      this.#copy(found.start);
      this.#stage = this.#texts.stageOf(found);
      this.#decoder = new TextDecoder();
    }
    const end = Math.min(found.end, until);
    const isLast = end === found.end;
    if (this.#stage === undefined) this.#copy(end);
    else {
      const json = this.#decoder.decode(this.#body.subarray(this.#at, end), { stream: !isLast });
      this.#write(Buffer.from(this.#stage.push(json) + (isLast ? this.#stage.end() : "")));
      this.#at = end;
    }
    if (isLast) this.#next += 1;
  }

  #copy(until: number): void {
    this.#write(this.#body.subarray(this.#at, until));
    this.#at = until;
  }

  #write(bytes: Buffer): void {
    const length = this.#length + bytes.length;
    if (length > this.#out.length) {
      const larger = Buffer.allocUnsafe(Math.ceil(length * (1 + growthShare)));
      this.#out.copy(larger, 0, 0, this.#length);
      this.#out = larger;
    }
    bytes.copy(this.#out, this.#length);
    this.#length = length;
  }
}

/** The texts that pieces belong to. A text ends with its last piece. */
class OpenTexts {
  readonly #stages: TextStages;
  readonly #last = new Map<string, TextPiece>();
  readonly #open = new Map<string, TextStage | undefined>();

  constructor(found: readonly FoundText[], stages: TextStages) {
    this.#stages = stages;
    for (const piece of found) {
      if (piece.type === "blank" || isWhole(piece)) continue;
      const key = keyOf(piece);
      this.#last.set(key, piece);
      if (!this.#open.has(key)) this.#open.set(key, this.#stageOf(piece));
    }
  }

  /** What the JSON of a piece goes through. Undefined if it passes as it is. */
  stageOf(found: FoundText): TextStage | undefined {
    if (found.type === "blank") return this.#stages.made ? new Blank(found.json) : undefined;
    if (found.raw) return this.#stageOf(found);
    if (isWhole(found)) return inString(this.#stageOf(found), true);
    const key = keyOf(found);
    return inString(this.#open.get(key), this.#last.get(key) === found);
  }

  #stageOf({ slot, raw, repeated }: TextPiece): TextStage | undefined {
    const { channel, choice, form } = slot;
    return this.#stages.of({ channel, choice, repeated }, raw || form === "json");
  }
}

/** Writes other JSON in the place of what it gets. */
class Blank implements TextStage {
  readonly #json: string;

  constructor(json: string) {
    this.#json = json;
  }

  push(): string {
    return "";
  }

  end(): string {
    return this.#json;
  }
}

function isWhole({ raw, repeated }: TextPiece): boolean {
  return raw || repeated;
}

function keyOf({ slot }: TextPiece): string {
  return `${slot.choice}/${slot.channel}/${slot.part}/${slot.form}`;
}

/** The stage of a text behind the quotes and escapes of a JSON string that holds a piece of it. */
function inString(text: TextStage | undefined, isLast: boolean): TextStage | undefined {
  if (text === undefined) return undefined;
  return new JsonTextFilter(() => ({
    push: (piece) => text.push(piece),
    end: () => (isLast ? text.end() : ""),
  }));
}
