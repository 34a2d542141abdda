import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createGzip } from "node:zlib";
import { replaceFile } from "../../core/replace-file.ts";
import { compressedEnding, isCompressed } from "../segment.ts";
import { freeSegments } from "./free-segments.ts";

/** Compresses the segments that nobody writes or has still to deliver; returns how many. Reports read both kinds. */
export async function compressSegments(folder: string, sinks: readonly string[]): Promise<number> {
  const plain = (await freeSegments(folder, sinks)).filter((name) => !isCompressed(name));
  for (const name of plain) {
    const path = join(folder, name);
    await replaceFile(`${path}${compressedEnding}`, createReadStream(path).pipe(createGzip()));
    await rm(path);
  }
  return plain.length;
}
