import { noVector } from "./read-vector.ts";

const bytesPerFloat = 4;

/** A vector as OpenAI's SDKs ask for it by default: its numbers as 32-bit floats, the low byte first, in base64. */
export function base64Vector(vector: Buffer): string {
  const numbers = JSON.parse(vector.toString("latin1")) as readonly number[];
  const bytes = Buffer.allocUnsafe(numbers.length * bytesPerFloat);
  let at = 0;
  for (const number of numbers) {
    // Beyond what 32 bits hold it would arrive as infinity.
    if (!Number.isFinite(Math.fround(number))) throw noVector();
    at = bytes.writeFloatLE(number, at);
  }
  return bytes.toString("base64");
}
