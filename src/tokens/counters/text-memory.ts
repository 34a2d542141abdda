import { isUtf8 } from "node:buffer";
import { paddingBytes } from "../engine/engine.ts";
import { endByte } from "../pieces/char-class.ts";
import type { TextSpan } from "./counter.ts";

/** Spans no further apart than this are copied in one go; what lies between, e.g. an image, is not copied if it is longer. */
const gapMaxBytes = 512;
/** Size of the memory that is kept between texts; a longer text's is given back after it. */
const keptBytes = 1 << 18;

/** The index after the last of the spans that are copied together with the one at `first`. */
export function groupEnd(spans: readonly TextSpan[], first: number): number {
  let end = first + 1;
  for (; end < spans.length; end++) {
    if ((spans[end] as TextSpan).start - (spans[end - 1] as TextSpan).end > gapMaxBytes) break;
  }
  return end;
}

/**
 * True if the text is UTF-8, which the engine assumes. Other text counts as any reader decodes it, with U+FFFD for each wrong byte; {@link asUtf8}
 * does that.
 */
export function isUtf8Between(body: Buffer, start: number, end: number): boolean {
  return isUtf8(body.subarray(start, end));
}

/** The last place at or before `at`, and after `start`, where a character of UTF-8 may begin. */
export function characterStart(body: Buffer, start: number, at: number): number {
  let cut = at;
  // A character has at most three bytes behind its first.
  while (cut > start && at - cut < 4 && ((body[cut] ?? 0) & 0xc0) === 0x80) cut -= 1;
  return cut > start ? cut : at;
}

/** The same spans in a new body that is UTF-8. */
export function asUtf8(body: Buffer, spans: readonly TextSpan[]): { body: Buffer; spans: TextSpan[] } {
  const parts: Buffer[] = [];
  const moved: TextSpan[] = [];
  let start = 0;
  for (const span of spans) {
    const text = Buffer.from(`${body.toString("utf8", span.start, span.end)}"`);
    parts.push(text);
    moved.push({ start, end: start + text.length - 1, escaped: span.escaped });
    start += text.length;
  }
  return { body: Buffer.concat(parts), spans: moved };
}

/** Memory that texts are copied into, so that they can be unescaped in place and ended with endByte. */
export class TextMemory {
  bytes = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);

  /** Makes room for so many bytes of text. */
  reserve(textBytes: number): void {
    const needed = textBytes + paddingBytes;
    if (this.bytes.length >= needed && this.bytes.length <= keptBytes) return;
    this.bytes = new Uint8Array(Math.max(needed, keptBytes));
    this.view = new DataView(this.bytes.buffer);
  }

  /** Marks the end of a text. In a body the byte there is the closing quote, which belongs to no span. */
  end(at: number): void {
    this.bytes[at] = endByte;
  }
}
