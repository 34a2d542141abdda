import { createHash } from "node:crypto";

/** A unit vector made of a text's digest: equal texts have equal vectors, others hardly ever. */
export function vectorOf(text: string, dimensions: number): Float32Array {
  const digest = createHash("sha256").update(text).digest();
  const vector = Float32Array.from({ length: dimensions }, (_, index) => {
    const byte = digest[index % digest.length] ?? 0;
    return Math.sin(byte + index);
  });
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}
