/** How sound is packed, as far as its length follows from its size. */
export type AudioFormat = "wav" | "mp3" | "flac" | "other";

/**
 * What a file of sound is by its first bytes, whatever it is called: decoders go by these, too. Undefined: no header that is known, as raw
 * samples have none.
 */
export function audioFormatOf(head: Buffer): AudioFormat | undefined {
  const tag = head.toString("latin1", 0, 4);
  if (tag === "RIFF" || tag === "RIFX" || tag === "RF64") return "wav";
  if (tag.startsWith("ID3") || (head[0] === 0xff && ((head[1] ?? 0) & 0xe0) === 0xe0)) return "mp3";
  if (tag === "fLaC") return "flac";
  const isOther =
    tag === "OggS" ||
    tag === "#!AM" ||
    tag === "caff" ||
    tag === matroska ||
    head.toString("latin1", 4, 8) === "ftyp";
  return isOther ? "other" : undefined;
}

/** EBML's own header (RFC 8794 §8.1). */
const matroska = "\x1a\x45\xdf\xa3";

/** More is nothing that anybody sends: 192 kHz in stereo with 16 bits. */
const bytesPerSecondMax = 768_000;
const pcmTags: ReadonlySet<number> = new Set([1, 3, 0xfffe]);

/**
 * Bytes of a second of a WAV with plain samples; undefined where its head does not say, or its samples are compressed. Decoders go by rate,
 * channels and bits, some by the size of a frame, and none by the byte rate: of all that they may go by, what makes the sound longest.
 */
export function wavBytesPerSecond(head: Buffer): number | undefined {
  const at = head.indexOf("fmt ", 12, "latin1");
  if (at < 0 || at + 24 > head.length || head.toString("latin1", 0, 4) !== "RIFF") return undefined;
  const [tag, channels, rate] = [
    head.readUInt16LE(at + 8),
    head.readUInt16LE(at + 10),
    head.readUInt32LE(at + 12),
  ];
  const [byteRate, frame, bits] = [
    head.readUInt32LE(at + 16),
    head.readUInt16LE(at + 20),
    head.readUInt16LE(at + 22),
  ];
  const byFrame = Math.min(frame, channels * Math.ceil(bits / 8)) * rate;
  if (!pcmTags.has(tag) || byFrame === 0 || byteRate === 0) return undefined;
  return Math.min(byFrame, byteRate, bytesPerSecondMax);
}
