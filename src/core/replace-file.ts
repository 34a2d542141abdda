import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Pieces of a file, in order. */
export type Chunks = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** Options for replacing a file. */
export interface ReplaceOptions {
  /** Permissions of the file, before the umask (0o666). */
  readonly mode?: number;
  /** Where it is written first (`<path>.next`). Processes that may replace one file at the same time need one each. */
  readonly next?: string;
}

/** Codes of file systems that do not sync folders: there is nothing more to be done. */
const cannotSyncFolder: ReadonlySet<unknown> = new Set(["EINVAL", "EPERM", "EISDIR", "ENOTSUP"]);

/**
 * Replaces a file whole, and makes its folder when missing: a crash or a power loss at any time leaves the old file or all of the new
 * one. When it resolves, the new file is on the disk under its name. When it rejects, nothing of the new one is left.
 */
export function replaceFile(
  path: string,
  content: string | Chunks,
  options: ReplaceOptions = {},
): Promise<void> {
  const chunks = typeof content === "string" ? [content] : content;
  return replaceFileBy(
    path,
    async (next) => {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(next, "w", options.mode);
      try {
        for await (const chunk of chunks) await file.writeFile(chunk);
      } finally {
        await file.close();
      }
    },
    options,
  );
}

/** Does the same as {@link replaceFile}, in a folder that exists, for a writer that opens its file by itself: `write` makes it at the path it is given. */
export async function replaceFileBy(
  path: string,
  write: (next: string) => Promise<void>,
  options: ReplaceOptions = {},
): Promise<void> {
  const next = options.next ?? `${path}.next`;
  const folder = dirname(path);
  try {
    await write(next);
    await syncFile(next);
    await rename(next, path);
  } catch (error) {
    // A partial file must not keep the room that a full disk has left.
    await rm(next, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
}

/** Does the same as {@link replaceFile} before it returns, for starts and command lines. */
export function replaceFileSync(path: string, content: string, mode?: number): void {
  const next = `${path}.next`;
  mkdirSync(dirname(path), { recursive: true });
  try {
    // A file left by an interrupted run would keep its mode.
    rmSync(next, { force: true });
    const file = openSync(next, "w", mode);
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}

/** Makes the names of new files as lasting as what is in them. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    if (!cannotSyncFolder.has((error as NodeJS.ErrnoException).code)) throw error;
  } finally {
    await handle.close();
  }
}

async function syncFile(path: string): Promise<void> {
  // Some systems sync only what may be written.
  const handle = await open(path, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
