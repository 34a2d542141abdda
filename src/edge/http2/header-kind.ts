/** The meaning of a header to us, found once per literal and kept in the HPACK tables, so that repeated headers are not looked at again. */
export const kind = {
  regular: 0,
  method: 1,
  scheme: 2,
  path: 3,
  authority: 4,
  contentType: 5,
  contentLength: 6,
  grpcTimeout: 7,
  /** Makes the whole request malformed (RFC 9113 §8.2). */
  malformed: 8,
} as const;

/** One value of {@link kind}. */
export type HeaderKind = (typeof kind)[keyof typeof kind];

const kinds = new Map<string, HeaderKind>([
  [":method", kind.method],
  [":scheme", kind.scheme],
  [":path", kind.path],
  [":authority", kind.authority],
  ["content-type", kind.contentType],
  ["content-length", kind.contentLength],
  ["grpc-timeout", kind.grpcTimeout],
  ["connection", kind.malformed],
  ["proxy-connection", kind.malformed],
  ["keep-alive", kind.malformed],
  ["transfer-encoding", kind.malformed],
  ["upgrade", kind.malformed],
]);

/** Characters of a name: RFC 9110's token, without capital letters. */
const validName = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** A value may not contain NUL, CR or LF. */
const invalidValue = /[\0\r\n]/;

/** The kind of a header field as a client sent it. */
export function headerKind(name: string, value: string): HeaderKind {
  if (invalidValue.test(value)) return kind.malformed;
  const known = kinds.get(name);
  if (known !== undefined) return known;
  if (name === "te") return value === "trailers" ? kind.regular : kind.malformed;
  return validName.test(name) ? kind.regular : kind.malformed;
}
