import { audioFormatOf, wavBytesPerSecond } from "./audio-format.ts";
import { base64Start, decodeBase64 } from "./data-url.ts";
import { type LookBudget, newLookBudget, pdfPagesOf } from "./pdf-pages.ts";

/**
 * Bytes of a second of sound or film, by a part of the format's name, for files that do not say how long they are: bit rates at the low end of
 * what is usual, so that the length comes out too long and not too short. Assumptions, as of 2026-11-21: speech is rarely below 16 kbit/s
 * (Opus) or 32 kbit/s (MP3, AAC); film rarely below 250 kbit/s.
 */
const audioBytesPerSecond: readonly (readonly [format: string, bytes: number])[] = [
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

/** A WAV's format stands near its begin, perhaps after notes of who recorded it. */
const headChars = 1_368;

/** Of a document that does not tell its pages: compressed pages of text begin about here, scanned ones are many times larger. */
const pageBytes = 4_096;
/** More are taken by no model's context. */
const pagesMax = 10_000;

/**
 * Seconds of audio in base64, as it stands in a request's body between these bytes: by the head of a WAV, else at the rate assumed for what it is,
 * which its first bytes tell before the name that the client has for it.
 */
export function audioSecondsOf(body: Buffer, start: number, end: number, format: string): number {
  const from = base64Start(body, start, end);
  const head = decodeBase64(body, from, Math.min(end, from + headChars));
  const bytes = base64Bytes(from, end);
  const found = audioFormatOf(head);
  const rate =
    found === "wav" ? (wavBytesPerSecond(head) ?? otherAudioBytesPerSecond) : assumedRate(found ?? format);
  return bytes / rate;
}

function assumedRate(format: string): number {
  const name = format.toLowerCase();
  // Without a WAV's header it is none.
  if (name.includes("wav")) return otherAudioBytesPerSecond;
  for (const [part, rate] of audioBytesPerSecond) if (name.includes(part)) return rate;
  return otherAudioBytesPerSecond;
}

/** Seconds of film in base64 between these bytes, at an assumed byte rate. */
export function videoSecondsOf(start: number, end: number): number {
  return base64Bytes(start, end) / videoBytesPerSecond;
}

/** Pages of a document in base64 between these bytes, with or without the head of a `data:` URL: of a PDF by its structure and size, else by its size. */
export function documentPagesOf(
  body: Buffer,
  start: number,
  end: number,
  budget: LookBudget = newLookBudget(),
): number {
  const from = base64Start(body, start, end);
  const isPdf = decodeBase64(body, from, Math.min(end, from + headChars)).includes("%PDF-");
  const pages = isPdf ? pdfPagesOf(body, from, end, budget) : base64Bytes(from, end) / pageBytes;
  return Math.min(pagesMax, Math.ceil(pages));
}

function base64Bytes(start: number, end: number): number {
  return Math.ceil(((end - start) * 3) / 4);
}
