/** The head of a `data:` URL is shorter than this. */
const headCharsMax = 128;

/** Where the base64 begins that stands in a body between these bytes: behind the comma of a `data:` URL's head, if there is one. */
export function base64Start(body: Buffer, start: number, end: number): number {
  return start + body.subarray(start, Math.min(end, start + headCharsMax)).indexOf(0x2c) + 1;
}

/** The bytes that base64 stands for. */
export function decodeBase64(body: Buffer, start: number, end: number): Buffer {
  return Buffer.from(body.toString("latin1", start, end), "base64");
}
