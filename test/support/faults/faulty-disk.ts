import { type Disk, realDisk } from "../../../src/core/disk.ts";

/** What can be wrong with a disk. */
export type DiskFault = "full" | "full after a part" | "read-only" | "fsync fails" | "away" | "slow";

/** Every fault, for tests that are to hold over each. */
export const diskFaults: readonly DiskFault[] = [
  "full",
  "full after a part",
  "read-only",
  "fsync fails",
  "away",
  "slow",
];

/** Faults that the writer of a file sees as errors; a slow disk has none. */
export const failingFaults: readonly DiskFault[] = diskFaults.filter((fault) => fault !== "slow");

const slowMs = 30;

/** The machine's file system, with a fault while one is set. */
export class FaultyDisk implements Disk {
  fault: DiskFault | undefined;

  open(...args: Parameters<Disk["open"]>): number {
    if (this.fault === "read-only") throw failure("EROFS: read-only file system, open");
    if (this.fault === "away") throw failure("ENOENT: no such file or directory, open");
    return realDisk.open(...args);
  }

  write(file: number, bytes: Buffer, from: number, position: number): number {
    switch (this.fault) {
      case "full":
        throw failure("ENOSPC: no space left on device, write");
      case "full after a part":
        if (from > 0) throw failure("ENOSPC: no space left on device, write");
        return realDisk.write(file, bytes.subarray(0, Math.ceil(bytes.length / 2)), 0, position);
      case "read-only":
        throw failure("EROFS: read-only file system, write");
      default:
        return realDisk.write(file, bytes, from, position);
    }
  }

  sync(file: number, done: (error: unknown) => void): void {
    if (this.fault === "fsync fails") setImmediate(() => done(failure("EIO: i/o error, fdatasync")));
    else if (this.fault === "slow") setTimeout(() => realDisk.sync(file, done), slowMs);
    else realDisk.sync(file, done);
  }

  syncNow(file: number): void {
    if (this.fault === "fsync fails") throw failure("EIO: i/o error, fdatasync");
    realDisk.syncNow(file);
  }

  close(file: number): void {
    realDisk.close(file);
  }

  isAt(file: number, path: string): boolean {
    return this.fault !== "away" && realDisk.isAt(file, path);
  }
}

function failure(message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code: message.slice(0, message.indexOf(":")) });
}
