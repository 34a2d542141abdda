import { base64Start, decodeBase64 } from "./data-url.ts";
import type { ImageSize } from "./image-weight.ts";

/**
 * Part of an image that is decoded to find its size: the first bytes, and of a JPEG more, which may have a thumbnail and a colour profile before it.
 */
const headChars = 64;
const jpegHeadMaxChars = ((1 << 17) / 3) * 4;

/**
 * Size in pixels of an image in base64, as it stands in a request's body between these bytes, or undefined: not PNG, JPEG or WebP,
 * not within its first 128 KB, or not what the file's size allows. A GIF has no single size, since each frame states one. A `data:` URL's head may stand before it. The image itself is not decoded.
 */
export function imageSizeOf(body: Buffer, start: number, end: number): ImageSize | undefined {
  const from = base64Start(body, start, end);
  const head = decodeBase64(body, from, Math.min(end, from + headChars));
  const isJpeg = head.length > 1 && head.readUInt16BE(0) === 0xffd8;
  const size = isJpeg
    ? jpegSize(decodeBase64(body, from, Math.min(end, from + jpegHeadMaxChars)))
    : (pngSize(head) ?? webpSize(head));
  return size !== undefined && isCredible(size, ((end - from) * 3) / 4) ? size : undefined;
}

/** A file larger than its pixels at 16 bits a channel, and room for profiles and notes, is not what it says it is. */
function isCredible({ width, height }: ImageSize, bytes: number): boolean {
  return width > 0 && height > 0 && bytes <= width * height * bytesPerPixelMax + noteBytesMax;
}

const bytesPerPixelMax = 8;
const noteBytesMax = 1 << 18;

/** PNG: the first chunk is IHDR, which begins with width and height (RFC 2083 §11.2). */
function pngSize(head: Buffer): ImageSize | undefined {
  if (head.length < 24 || head.readUInt32BE(0) !== 0x89504e47) return undefined;
  if (head.toString("latin1", 12, 16) !== "IHDR") return undefined;
  return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
}

/** WebP: one of three first chunks in a RIFF container (RFC 9649 §2). */
function webpSize(head: Buffer): ImageSize | undefined {
  if (
    head.length < 30 ||
    head.toString("latin1", 0, 4) !== "RIFF" ||
    head.toString("latin1", 8, 12) !== "WEBP"
  )
    return undefined;
  switch (head.toString("latin1", 12, 16)) {
    case "VP8X":
      return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
    case "VP8L": {
      const bits = head.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8 ":
      return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
    default:
      return undefined;
  }
}

/** JPEG: segments up to the frame header, one of the markers SOF0 to SOF15 (ITU-T T.81 §B.2.2). */
function jpegSize(head: Buffer): ImageSize | undefined {
  for (let at = 2; at + 9 <= head.length; at += 2 + head.readUInt16BE(at + 2)) {
    const marker = head.readUInt16BE(at);
    if (marker >>> 8 !== 0xff) return undefined;
    const isFrame =
      marker >= 0xffc0 && marker <= 0xffcf && marker !== 0xffc4 && marker !== 0xffc8 && marker !== 0xffcc;
    if (isFrame) return { width: head.readUInt16BE(at + 7), height: head.readUInt16BE(at + 5) };
  }
  return undefined;
}
