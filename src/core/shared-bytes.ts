/** From this size on, bytes are worked on in other threads: up to it, the worst of them hold a loop for a few milliseconds. */
export const largeBytesMin = 131_072;

/** Room for so many bytes; that of many is memory which other threads can read where it is. */
export function allocateBytes(length: number): Buffer {
  return length < largeBytesMin ? Buffer.allocUnsafe(length) : allocateShared(length);
}

/** Room for so many bytes, which other threads can read where it is. */
export function allocateShared(length: number): Buffer {
  return Buffer.from(new SharedArrayBuffer(length));
}
