import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  openSync,
  statSync,
  writeSync,
} from "node:fs";

/** The way to open a file. */
export interface OpenMode {
  /** Permissions of a file that is made, before the umask. */
  readonly mode: number;
  /** The file must not exist yet. */
  readonly exclusive?: boolean;
}

/**
 * The part of a file system that append-only files need; tests pass one that fails. Files are named by their descriptors.
 *
 * The ledger's journal and the usage log share this and {@link writeAll}, but no file class. The journal writes one frame a turn of the event
 * loop, refuses while the disk fails, and replaces a file that is gone by a checkpoint. The usage log queues lines up to a bound, never
 * refuses for a fault, and continues in a new segment.
 */
export interface Disk {
  /** Opens a file for reading and writing at any position; it is made when missing. */
  open(path: string, mode: OpenMode): number;
  /** Writes from an offset of `bytes` to a position of the file; returns how much it took. */
  write(file: number, bytes: Buffer, from: number, position: number): number;
  sync(file: number, done: (error: unknown) => void): void;
  syncNow(file: number): void;
  close(file: number): void;
  /** True if an open file is still the one at `path`; false once the file or its folder was removed, or its volume unmounted. */
  isAt(file: number, path: string): boolean;
}

/** The machine's own file system. Writes go to the system's memory, faster than a turn of the thread pool; only `sync` waits for the disk. */
export const realDisk: Disk = {
  // Not "a": the system would append, whatever the position.
  open: (path, { mode, exclusive }) =>
    openSync(path, constants.O_RDWR | constants.O_CREAT | (exclusive ? constants.O_EXCL : 0), mode),
  write: (file, bytes, from, position) => writeSync(file, bytes, from, bytes.length - from, position),
  sync: fdatasync,
  syncNow: fdatasyncSync,
  close: closeSync,
  isAt(file, path) {
    const there = statSync(path, { throwIfNoEntry: false });
    const own = fstatSync(file);
    return there !== undefined && there.ino === own.ino && there.dev === own.dev;
  },
};

/** Writes all of `bytes` from a position on, in as many writes as the disk needs. */
export function writeAll(disk: Disk, file: number, bytes: Buffer, position: number): void {
  for (let from = 0; from < bytes.length; ) {
    const took = disk.write(file, bytes, from, position + from);
    if (took === 0) throw new Error("the disk takes no more bytes");
    from += took;
  }
}
