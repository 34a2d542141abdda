/** How sound is packed, as far as its length follows from its size. */
export type AudioFormat = "wav" | "mp3" | "flac" | "other";

/**
 * What a file of sound is by its first bytes, whatever it is called: decoders go by these, too. Undefined: no header that is known, as raw
 * samples have none. `bytesAt`: a few bytes of the file at an offset, to see what follows a tag.
 */
export function audioFormatOf(head: Buffer, bytesAt: (offset: number) => Buffer): AudioFormat | undefined {
  const tag = head.toString("latin1", 0, 4);
  if (tag === "RIFF" || tag === "RIFX" || tag === "RF64") return "wav";
  // Tags stand before other formats than MP3, too (https://id3.org/id3v2.4.0-structure §3.1).
  if (tag.startsWith("ID3")) return isMpegFrame(bytesAt(id3Bytes(head))) ? "mp3" : "other";
  if (head[0] === 0xff && ((head[1] ?? 0) & 0xe0) === 0xe0) return isMpegFrame(head) ? "mp3" : "other";
  if (tag === "fLaC") return "flac";
  const isOther =
    tag === "OggS" ||
    tag === "#!AM" ||
    tag === "caff" ||
    tag === "FORM" ||
    tag === "ADIF" ||
    tag === matroska ||
    head.toString("latin1", 4, 8) === "ftyp";
  return isOther ? "other" : undefined;
}

/** EBML's own header (RFC 8794 §8.1). */
const matroska = "\x1a\x45\xdf\xa3";

/** A frame of MPEG audio begins with eleven ones and names its layer and bit rate; AAC has no layer, and a free bit rate has no bound (ISO/IEC 11172-3 §2.4.2.3). */
function isMpegFrame(head: Buffer): boolean {
  const [sync = 0, second = 0, third = 0] = head;
  const isSync = sync === 0xff && (second & 0xe0) === 0xe0;
  return isSync && (second & 0x06) !== 0 && (third & 0xf0) !== 0 && (third & 0xf0) !== 0xf0;
}

/** The size of an ID3 tag with its header and footer: seven bits a byte. */
function id3Bytes(head: Buffer): number {
  const [flags = 0, ...sizes] = head.subarray(5, 10);
  return sizes.reduce((size, byte) => size * 128 + (byte & 0x7f), 0) + ((flags & 0x10) === 0 ? 10 : 20);
}

/** More is nothing that anybody sends: 192 kHz in stereo with 16 bits. */
const bytesPerSecondMax = 768_000;
const pcmTags: ReadonlySet<number> = new Set([1, 3, 0xfffe]);
const formatChunkBytes = 16;

/**
 * Bytes of a second of a WAV with plain samples; undefined where its head does not say, or its samples are compressed. Decoders go by rate,
 * channels and bits, some by the size of a frame, and none by the byte rate: of all that they may go by, what makes the sound longest.
 */
export function wavBytesPerSecond(head: Buffer): number | undefined {
  const at = formatChunkAt(head);
  if (at === undefined) return undefined;
  const [tag, channels, rate] = [head.readUInt16LE(at), head.readUInt16LE(at + 2), head.readUInt32LE(at + 4)];
  const [byteRate, frame, bits] = [
    head.readUInt32LE(at + 8),
    head.readUInt16LE(at + 12),
    head.readUInt16LE(at + 14),
  ];
  const byFrame = Math.min(frame, channels * Math.ceil(bits / 8)) * rate;
  if (!pcmTags.has(tag) || byFrame === 0 || byteRate === 0) return undefined;
  return Math.min(byFrame, byteRate, bytesPerSecondMax);
}

/**
 * Where the content of the one `fmt ` chunk begins, from chunk to chunk as decoders go: what looks like one inside another chunk is none.
 * Undefined: the head does not hold it and the begin of the samples, or holds two, of which decoders take either.
 */
function formatChunkAt(head: Buffer): number | undefined {
  if (head.toString("latin1", 0, 4) !== "RIFF" || head.toString("latin1", 8, 12) !== "WAVE") return undefined;
  let found: number | undefined;
  for (let at = 12; at + 8 <= head.length; ) {
    const id = head.toString("latin1", at, at + 4);
    const size = head.readUInt32LE(at + 4);
    if (id === "data") return found;
    if (id === "fmt ") {
      if (found !== undefined || size < formatChunkBytes || at + 8 + formatChunkBytes > head.length)
        return undefined;
      found = at + 8;
    }
    at += 8 + size + (size % 2);
  }
  return undefined;
}
