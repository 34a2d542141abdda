import { open, rename, rm } from "node:fs/promises";

/** Writes a file whole and puts it at `path`: a crash leaves what was there before, or all of it. */
export async function replaceFile(
  path: string,
  chunks: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): Promise<void> {
  const next = `${path}.next`;
  try {
    const file = await open(next, "w");
    try {
      for await (const chunk of chunks) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, path);
  } finally {
    await rm(next, { force: true });
  }
}
