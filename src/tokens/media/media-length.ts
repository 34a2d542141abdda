import { type AudioFormat, audioFormatOf, wavBytesPerSecond } from "./audio-format.ts";
import { base64Start, decodeBase64 } from "./data-url.ts";
import { type LookBudget, newLookBudget, pdfPagesOf } from "./pdf-pages.ts";

/** How long sound or film lasts, as it is likely and at most, in seconds. */
export interface MediaLength {
  readonly seconds: number;
  /** What no file of this size and kind exceeds, whatever its headers say. */
  readonly secondsMax: number;
}

/**
 * Bytes of a second of sound or film, by a part of the format's name, for files that do not say how long they are: bit rates at the low end of
 * what is usual. Assumptions, as of 2026-11-21: speech is rarely below 16 kbit/s (Opus) or 32 kbit/s (MP3, AAC); film rarely below 250 kbit/s.
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

/** The lowest bit rate that a frame of MP3 can name is 8 kbit/s (ISO/IEC 13818-3 §2.4.2.3). */
const mp3BytesPerSecondMin = 1_000;
/** Samples without a header: the vendor knows their rate. 8 bits at 8 kHz are the fewest in use (ITU-T G.711). */
const pcmBytesPerSecondMin = 8_000;

/**
 * The longest that sound and film can be: no prompt may have more than 9.5 hours (https://ai.google.dev/gemini-api/docs/audio, 2026-12-01).
 * Silence in FLAC, AAC or Opus, and film that stands still, take next to no bytes, so files of these have no bound of their own.
 */
const fileSecondsMax = 34_200;

/** A WAV's format stands near its beginning, perhaps after notes of who recorded it. */
const headChars = 1_368;

/** Of a document that does not tell its pages: compressed pages of text begin about here, scanned ones are many times larger. */
const pageBytes = 4_096;
/** More are taken by no model's context. */
const pagesMax = 10_000;

/**
 * Length of sound in base64, as it stands in a request's body between these bytes: by the head of a WAV, else at the rate assumed for what it is,
 * which its first bytes tell before the name that the client has for it.
 */
export function audioLengthOf(body: Buffer, start: number, end: number, format: string): MediaLength {
  const from = base64Start(body, start, end);
  const head = decodeBase64(body, from, Math.min(end, from + headChars));
  const bytes = base64Bytes(from, end);
  const found = audioFormatOf(head, (offset) => decodeAt(body, from, end, offset));
  const wavRate = found === "wav" ? wavBytesPerSecond(head) : undefined;
  if (wavRate !== undefined) return { seconds: bytes / wavRate, secondsMax: bytes / wavRate };
  const rateMin = lowestRate(found, format);
  return {
    seconds: bytes / (found === "wav" ? otherAudioBytesPerSecond : assumedRate(found ?? format)),
    secondsMax: rateMin === undefined ? longest(bytes) : Math.min(fileSecondsMax, bytes / rateMin),
  };
}

/** The fewest bytes of a second that a format allows; undefined: it has no bound. */
function lowestRate(found: AudioFormat | undefined, format: string): number | undefined {
  if (found === "mp3") return mp3BytesPerSecondMin;
  return found === undefined && format.toLowerCase().includes("pcm") ? pcmBytesPerSecondMin : undefined;
}

function longest(bytes: number): number {
  return bytes > 0 ? fileSecondsMax : 0;
}

function assumedRate(format: string): number {
  const name = format.toLowerCase();
  // Without a WAV's header it is none.
  if (name.includes("wav")) return otherAudioBytesPerSecond;
  for (const [part, rate] of audioBytesPerSecond) if (name.includes(part)) return rate;
  return otherAudioBytesPerSecond;
}

/** Length of film in base64 between these bytes: likely at an assumed byte rate, and at most as long as a film may be. */
export function videoLengthOf(start: number, end: number): MediaLength {
  const bytes = base64Bytes(start, end);
  return { seconds: bytes / videoBytesPerSecond, secondsMax: longest(bytes) };
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

/** A few bytes of the file at an offset. */
function decodeAt(body: Buffer, from: number, end: number, offset: number): Buffer {
  const group = from + Math.floor(offset / 3) * 4;
  return decodeBase64(body, group, Math.min(end, group + 12)).subarray(offset % 3);
}
