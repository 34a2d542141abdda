import { createHash } from "node:crypto";
import type { NodeRequest } from "./wire.ts";

/** Larger bodies are read to their end, but not kept. */
const bodyMaxBytes = 64 * 1_048_576;

/** A request's body, read to its end. */
export interface ReadBody {
  /** Undefined if it was larger than any answer needs. */
  readonly bytes: Buffer | undefined;
  readonly length: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Reads a body to its end; undefined if the client left before. */
export function readBody(request: NodeRequest): Promise<ReadBody | undefined> {
  const digest = createHash("sha256");
  const parts: Buffer[] = [];
  let length = 0;
  return new Promise((resolve) => {
    request.on("data", (part: Buffer) => {
      length += part.length;
      digest.update(part);
      if (length <= bodyMaxBytes) parts.push(part);
    });
    request.once("end", () => {
      const bytes = length <= bodyMaxBytes ? Buffer.concat(parts) : undefined;
      resolve({ bytes, length, sha256: digest.digest("hex") });
    });
    request.once("error", () => resolve(undefined));
    request.once("close", () => resolve(undefined));
  });
}
