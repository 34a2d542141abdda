import type { ClientCodec, UpstreamCodec } from "../codec.ts";
import type { Dialect, DialectName } from "../dialect.ts";
import { dialects } from "../index.ts";

/** The dialect of this name, which an order names and there must be. */
export function dialectOf(name: DialectName): Dialect {
  const dialect = dialects.find((one) => one.name === name);
  if (dialect === undefined) throw new Error(`no dialect ${name}`);
  return dialect;
}

/** Its codec for clients, which there must be. */
export function clientOf(name: DialectName): ClientCodec {
  const { client } = dialectOf(name);
  if (client === undefined) throw new Error(`${name} has no client's codec`);
  return client;
}

/** Its codec for providers, which there must be. */
export function upstreamOf(name: DialectName): UpstreamCodec {
  const { upstream } = dialectOf(name);
  if (upstream === undefined) throw new Error(`${name} has no upstream's codec`);
  return upstream;
}

/** The same memory as a Buffer, which structured cloning makes of none. */
export function bytesOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
