import { base64Start, decodeBase64 } from "./data-url.ts";

/**
 * Bytes of a second of sound or film, by a part of the format's name, for files that do not say how long they are: bit rates at the low end of
 * what is usual, so that the length comes out too long and not too short. Assumptions, as of 2026-11-21: speech is rarely below 16 kbit/s
 * (Opus), 32 kbit/s (MP3, AAC) or 8-bit samples at 8 kHz (WAV); film rarely below 250 kbit/s.
 */
const audioBytesPerSecond: readonly (readonly [format: string, bytes: number])[] = [
  ["wav", 8_000],
  // OpenAI's: 16 bits at 24 kHz, always.
  ["pcm", 48_000],
  ["mp3", 4_000],
  ["mpeg", 4_000],
  ["aac", 4_000],
  ["m4a", 4_000],
  ["flac", 16_000],
];
const otherAudioBytesPerSecond = 2_000;
const videoBytesPerSecond = 31_250;

/** A header may say anything: 192 kHz in stereo with 16 bits are 768,000 bytes, and nobody sends more. */
const wavBytesPerSecondMax = 768_000;

/** A WAV's byte rate stands in its first 32 bytes. */
const headChars = 64;

/** Of a document that does not tell its pages: compressed pages of text begin about here, scanned ones are many times larger. */
const pageBytes = 4_096;
/** Of a longer document only so many characters are searched for pages, and the rest is taken to be like them. */
const searchedCharsMax = 1 << 22;
/** More are taken by no model's context. */
const pagesMax = 10_000;

/** Seconds of audio in base64, as it stands in a request's body between these bytes; at the byte rate of its WAV header, or at an assumed one. */
export function audioSecondsOf(body: Buffer, start: number, end: number, format: string): number {
  const head = decodeBase64(body, start, Math.min(end, start + headChars));
  const bytes = base64Bytes(start, end);
  if (head.length >= 32 && head.toString("latin1", 0, 4) === "RIFF" && head.readUInt32LE(28) > 0)
    return bytes / Math.min(wavBytesPerSecondMax, head.readUInt32LE(28));
  const name = format.toLowerCase();
  for (const [part, rate] of audioBytesPerSecond) if (name.includes(part)) return bytes / rate;
  return bytes / otherAudioBytesPerSecond;
}

/** Seconds of film in base64 between these bytes, at an assumed byte rate. */
export function videoSecondsOf(start: number, end: number): number {
  return base64Bytes(start, end) / videoBytesPerSecond;
}

/** Pages of a document in base64 between these bytes, with or without the head of a `data:` URL: counted where a PDF shows them, else assumed from its size. */
export function documentPagesOf(body: Buffer, start: number, end: number): number {
  const from = base64Start(body, start, end);
  const chars = end - from;
  const searched = Math.min(chars, searchedCharsMax);
  const isPdf = body.toString("latin1", from, from + 6) === "JVBERi";
  const shown = isPdf ? pagesShown(decodeBase64(body, from, from + searched)) : 0;
  const pages = shown > 0 ? shown * (chars / searched) : base64Bytes(from, end) / pageBytes;
  return Math.min(pagesMax, Math.ceil(pages));
}

/** Objects of `/Type /Page` (ISO 32000-1 §7.7.3.3); none shows when the file keeps its objects compressed. */
function pagesShown(pdf: Buffer): number {
  let pages = 0;
  for (let at = pdf.indexOf("/Page"); at >= 0; at = pdf.indexOf("/Page", at + 5)) {
    const after = pdf[at + 5] ?? 0;
    const isName = (after | 0x20) >= 0x61 && (after | 0x20) <= 0x7a;
    if (!isName && /\/Type\s*$/.test(pdf.toString("latin1", Math.max(0, at - 16), at))) pages++;
  }
  return pages;
}

function base64Bytes(start: number, end: number): number {
  return Math.ceil(((end - start) * 3) / 4);
}
