import { type GrpcStatus, grpcStatus } from "../edge.ts";

/** The longest status message that is sent, in characters of the original. */
const messageLengthMax = 1_024;

/** `:status: 200` from the static table. */
const status200 = Buffer.from([0x88]);

/** Our header blocks use no dynamic table and no Huffman code: they are short and mostly constant, and do not depend on the client's table size. */
const contentType = literal("content-type", "application/grpc");

/** Header block of every answer that begins well. */
export const responseBlock: Buffer = Buffer.concat([status200, contentType]);

/** Trailer block of a call that ended well. */
export const okTrailerBlock: Buffer = literal("grpc-status", String(grpcStatus.ok));

/** Header block for a request that is not gRPC: an HTTP status alone. */
export function httpErrorBlock(status: number): Buffer {
  return literal(":status", String(status));
}

/** Trailer block of a call that failed. */
export function failureBlock(status: GrpcStatus, message: string): Buffer {
  const fields = literal("grpc-status", String(status));
  if (message === "") return fields;
  return Buffer.concat([fields, literal("grpc-message", percentEncode(message.slice(0, messageLengthMax)))]);
}

/** The block that is headers and trailers in one, for a call that answered nothing. */
export function trailersOnlyBlock(trailers: Buffer): Buffer {
  return Buffer.concat([responseBlock, trailers]);
}

/** Everything but printable ASCII, and the percent sign itself, as %XX of its UTF-8 (gRPC over HTTP/2, Status-Message). */
function percentEncode(text: string): string {
  let encoded = "";
  for (const byte of Buffer.from(text, "utf8")) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** A literal field, not to be indexed, with a new name (RFC 7541 §6.2.2). */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0]), stringLiteral(name), stringLiteral(value)]);
}

function stringLiteral(text: string): Buffer {
  const length: number[] = [];
  let rest = text.length - 127;
  if (rest < 0) length.push(text.length);
  else {
    length.push(127);
    for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest & 127) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), Buffer.from(text, "latin1")]);
}
