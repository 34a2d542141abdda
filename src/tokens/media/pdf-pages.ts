import { inflateSync } from "node:zlib";
import { decodeBase64 } from "./data-url.ts";

/** The budget for looking into a request's documents. The rest counts by its size. */
export interface LookBudget {
  decodedBytes: number;
  inflatedBytes: number;
}

/** The budget of one request: a few milliseconds. */
export function newLookBudget(): LookBudget {
  return { decodedBytes: 2 << 20, inflatedBytes: 1 << 19 };
}

/** Bytes of a page, at least, where pages do not show: compressed pages of text begin about here. Scans are larger, but their images are not counted. */
const pageBytes = 4_096;
/** Bytes decoded at a time: few where an image was just passed, more where there is none. */
const windowBytesMin = 4_096;
const windowBytesMax = 65_536;
/** Bytes of a window that are read again in the next, so that nothing is cut in two. */
const overlapBytes = 1_024;
const objectStreamBytesMax = 1 << 18;
/** Least share of the budget that one compressed stream takes: setting up costs time, too. */
const inflatedBytesMin = 16_384;
/** Largest ratio of a compressed stream's content to its size (https://zlib.net/zlib_tech.html). */
const inflationMax = 1_032;

/**
 * Pages of a PDF in base64 between these bytes, never fewer than its size makes likely: pages may hide in compressed objects, and what looks
 * like one page may be a comment. The most of the pages that show, those that its page trees claim, and those that its bytes have room for,
 * images left out.
 */
export function pdfPagesOf(body: Buffer, start: number, end: number, budget: LookBudget): number {
  const walk = new PdfWalk(body, start, end, budget);
  walk.run();
  const bySize = Math.ceil((walk.bytes - walk.imageBytes) / pageBytes);
  return Math.max(1, walk.shown, walk.claimed, bySize);
}

class PdfWalk {
  readonly bytes: number;
  shown = 0;
  claimed = 0;
  imageBytes = 0;
  readonly #body: Buffer;
  readonly #start: number;
  readonly #end: number;
  readonly #budget: LookBudget;
  #windowBytes = windowBytesMin;

  constructor(body: Buffer, start: number, end: number, budget: LookBudget) {
    this.#body = body;
    this.#start = start;
    this.#end = end;
    this.#budget = budget;
    this.bytes = Math.ceil(((end - start) * 3) / 4);
  }

  run(): void {
    for (let at = 0; at < this.bytes && this.#budget.decodedBytes > 0; ) at = this.#readWindow(at);
  }

  /** Reads from a byte on, to the first image's end if there is one, else to the window's; returns where to go on. */
  #readWindow(at: number): number {
    const text = this.#textAt(at, this.#windowBytes);
    const isLast = text.length < this.#windowBytes;
    const readEnd = isLast ? text.length : text.length - overlapBytes;
    let before = 0;
    for (
      let found = text.indexOf("stream");
      found >= 0 && found < readEnd;
      found = text.indexOf("stream", before)
    ) {
      const dictionary = text.slice(Math.max(before, found - overlapBytes), found);
      before = found + 6;
      if (dictionary.endsWith("end")) continue;
      const length = Number(/\/Length\s+(\d{1,9})(?!\d|\s+\d+\s+R)/.exec(dictionary)?.[1] ?? Number.NaN);
      const data = at + before + (text[before] === "\r" ? 2 : 1);
      if (isObjects(dictionary)) this.#readObjects(data, length);
      else if (isImage(dictionary) && this.#endsAt(data + length)) {
        this.imageBytes += length;
        this.#note(text.slice(0, found));
        this.#windowBytes = windowBytesMin;
        return data + length;
      }
    }
    this.#note(text.slice(0, readEnd));
    this.#windowBytes = Math.min(windowBytesMax, this.#windowBytes * 2);
    return isLast ? this.bytes : at + readEnd;
  }

  #readObjects(data: number, length: number): void {
    const budget = this.#budget;
    if (!(length <= objectStreamBytesMax) || budget.inflatedBytes <= 0) return;
    const maxOutputLength = budget.inflatedBytes;
    try {
      const objects = inflateSync(Buffer.from(this.#textAt(data, length), "latin1"), { maxOutputLength });
      budget.inflatedBytes -= Math.max(objects.length, inflatedBytesMin);
      this.#note(objects.toString("latin1"));
    } catch {
      // Encrypted, broken, or larger than there is room for: its size counts, and the time that it may have taken.
      budget.inflatedBytes -= Math.max(inflatedBytesMin, Math.min(maxOutputLength, length * inflationMax));
    }
  }

  #endsAt(at: number): boolean {
    return at <= this.bytes && /^\s{0,2}endstream/.test(this.#textAt(at, 16));
  }

  /** Objects of `/Type /Page`, and what page trees count and list (ISO 32000-1 §7.7.3): one page object may stand in a list many times. */
  #note(text: string): void {
    this.shown += text.match(/\/Type\s*\/Page(?![A-Za-z])/g)?.length ?? 0;
    for (const [, count] of text.matchAll(/\/Count\s+(\d{1,6})/g))
      this.claimed = Math.max(this.claimed, Number(count));
    let kids = 0;
    for (const [list] of text.matchAll(/\/Kids\s*\[[^\]]*/g)) kids += list.match(/\d\s+R/g)?.length ?? 0;
    this.claimed = Math.max(this.claimed, kids);
  }

  #textAt(at: number, length: number): string {
    // Three bytes are four characters: what is decoded begins at such a group.
    const skipped = at % 3;
    const from = this.#start + ((at - skipped) / 3) * 4;
    const to = Math.min(this.#end, from + Math.ceil((length + skipped) / 3) * 4);
    this.#budget.decodedBytes -= length;
    return decodeBase64(this.#body, from, to).toString("latin1", skipped, skipped + length);
  }
}

/** A stream of compressed objects, whatever it says it is: readers go by these members. */
function isObjects(dictionary: string): boolean {
  return /\/ObjStm/.test(dictionary) || (/\/First\s/.test(dictionary) && /\/N\s/.test(dictionary));
}

/** Names may be written with `#` escapes: those are not looked into, and count by their size. */
function isImage(dictionary: string): boolean {
  return /\/Subtype\s*\/Image/.test(dictionary) && /\/Width\s/.test(dictionary) && !dictionary.includes("#");
}
