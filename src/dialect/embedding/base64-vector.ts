import { endianness } from "node:os";
import { noVector } from "./read-vector.ts";

const highByteFirst = endianness() === "BE";

/** A vector as OpenAI's SDKs ask for it by default: its numbers as the nearest 32-bit floats, the low byte first, in base64. */
export function base64Vector(vector: Buffer): string {
  const floats = Float32Array.from(JSON.parse(vector.toString("latin1")) as readonly number[]);
  // Beyond what 32 bits hold it would arrive as infinity.
  for (const number of floats) if (!Number.isFinite(number)) throw noVector();
  const bytes = Buffer.from(floats.buffer);
  return (highByteFirst ? bytes.swap32() : bytes).toString("base64");
}
