import { isAscii, isUtf8, transcode } from "node:buffer";

/** Shorter text is decoded faster by the plain way. */
const longBytesMin = 65_536;

/** `bytes.toString("utf8")` for texts of any length: a long one takes up to ten times as long that way, which holds the event loop. */
export function decodeUtf8(bytes: Buffer): string {
  if (bytes.length < longBytesMin) return bytes.toString("utf8");
  if (isAscii(bytes)) return bytes.toString("latin1");
  // Of what is no UTF-8, only the plain way makes what readers expect.
  if (!isUtf8(bytes)) return bytes.toString("utf8");
  return transcode(bytes, "utf8", "utf16le").toString("utf16le");
}
