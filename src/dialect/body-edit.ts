/** Where one member of an object stands in a body. */
export interface Member {
  /** Its place among the object's members, from 0. */
  readonly index: number;
  /** Offset after the value of the member before it, or after the opening brace. */
  readonly previousEnd: number;
  /** Offset of its key's opening quote. */
  readonly start: number;
  readonly valueStart: number;
  /** Offset after its value. */
  readonly end: number;
}

/** Where an object stands, and how many members it has. */
export interface ObjectPlace {
  /** Offset after its opening brace. */
  readonly open: number;
  readonly members: number;
}

interface Cut {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Changes to the bytes of a body, all given by offsets into the original; what is not named stays byte for byte. */
export class BodyEdit {
  readonly #cuts: Cut[] = [];

  /** Writes other JSON in the place of a member's value. */
  replaceValue(member: Member, json: string): void {
    this.#cuts.push({ start: member.valueStart, end: member.end, text: json });
  }

  /** Takes members out of an object and puts new ones (`"key":value`) first. */
  changeMembers(
    object: ObjectPlace,
    removed: readonly Member[],
    inserted: readonly string[],
    body: Buffer,
  ): void {
    const sorted = [...removed].sort((a, b) => a.index - b.index);
    const kept = object.members - sorted.length;
    let leading = 0;
    while (sorted[leading]?.index === leading) leading += 1;
    const first = sorted[0];
    const lastLeading = sorted[leading - 1];
    if (first !== undefined && lastLeading !== undefined)
      this.#cuts.push({
        start: first.start,
        end: kept === 0 ? lastLeading.end : afterComma(body, lastLeading.end),
        text: "",
      });
    for (const member of sorted.slice(leading))
      this.#cuts.push({ start: member.previousEnd, end: member.end, text: "" });
    if (inserted.length > 0)
      this.#cuts.push({
        start: object.open,
        end: object.open,
        text: inserted.join(",") + (kept > 0 ? "," : ""),
      });
  }

  /** The changed body; the same buffer when nothing changes. */
  apply(body: Buffer): Buffer {
    if (this.#cuts.length === 0) return body;
    const pieces: Buffer[] = [];
    let at = 0;
    for (const cut of this.#cuts.sort((a, b) => a.start - b.start || a.end - b.end)) {
      pieces.push(body.subarray(at, cut.start), Buffer.from(cut.text));
      at = cut.end;
    }
    pieces.push(body.subarray(at));
    return Buffer.concat(pieces);
  }
}

/** Offset of the key that follows the comma after `end`. */
function afterComma(body: Buffer, end: number): number {
  return body.indexOf(0x22, end);
}
