/** JSON put together of text and of bytes that stand as they came. */
export function joinJson(pieces: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece)));
}

/** The pieces of a JSON array of values. */
export function arrayOf(values: readonly (string | Buffer)[]): readonly (string | Buffer)[] {
  return ["[", ...values.flatMap((value, index) => (index === 0 ? [value] : [",", value])), "]"];
}
