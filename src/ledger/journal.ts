import { type Disk, realDisk, writeAll } from "../core/disk.ts";
import { GatewayError } from "../core/errors.ts";
import type { FaultHooks } from "../core/fault-reporter.ts";
import type { EntryWriter } from "./entry-writer.ts";
import { sealFrame } from "./frame.ts";

/** Options of a journal; every field has a default. */
export interface JournalOptions extends Partial<FaultHooks> {
  /** The most that a power loss takes (50). A crash of the process alone takes nothing that was answered. */
  readonly fsyncIntervalMs?: number;
  /** Wait after a disk error before trying again (250). */
  readonly retryMs?: number;
  /** The file system; tests hand in one that fails. */
  readonly disk?: Disk;
}

/** Of a journal: it names tenants and users. */
const fileMode = 0o600;
/** Between tries of a disk that failed. */
export const defaultRetryMs = 250;

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: GatewayError) => void;
}

/**
 * One file that changes are written to. All changes of one turn of the event loop are one frame and one write, made before they are reported as written; syncs follow in the background. Written bytes are kept until they are synced: after an error the same bytes are
 * written to the same positions again, so nothing is lost or doubled.
 */
export class Journal {
  readonly #entries: EntryWriter;
  readonly #fsyncIntervalMs: number;
  readonly #retryMs: number;
  readonly #disk: Disk;
  readonly #path: string;
  readonly #onFault: (error: GatewayError) => void;
  readonly #onRecovered: () => void;
  readonly #file: number;
  /** Bytes of the file that are on the disk for certain. */
  #syncedBytes: number;
  #unsynced: Buffer[] = [];
  #unsyncedBytes = 0;
  /** Number of `#unsynced` that are written. */
  #written = 0;
  #waiters: Waiter[] = [];
  #flushing: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #syncing = false;
  #error: GatewayError | undefined;
  #closed = false;
  /** The file was found to be gone from its path. */
  isGone = false;

  /** Goes on after the first `bytes` of a file, which is made when missing. Takes what is in `entries` from now on. */
  constructor(path: string, bytes: number, entries: EntryWriter, options: JournalOptions) {
    this.#entries = entries;
    this.#fsyncIntervalMs = options.fsyncIntervalMs ?? 50;
    this.#retryMs = options.retryMs ?? defaultRetryMs;
    this.#disk = options.disk ?? realDisk;
    this.#path = path;
    this.#onFault = options.onFault ?? (() => {});
    this.#onRecovered = options.onRecovered ?? (() => {});
    this.#file = this.#disk.open(path, { mode: fileMode });
    this.#syncedBytes = bytes;
  }

  /** The current disk error. Undefined while entries are being written. */
  get error(): GatewayError | undefined {
    return this.#error;
  }

  /** Bytes of the file, without what was entered since the last write. */
  get bytes(): number {
    return this.#syncedBytes + this.#unsyncedBytes;
  }

  /** Resolves when every entry so far is in the file; rejects with `ledger_unavailable` when the disk does not take it. */
  written(): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    this.flushSoon();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }

  /** Writes at the end of this turn of the event loop. */
  flushSoon(): void {
    this.#flushing ??= setImmediate(() => this.flush());
  }

  /** Writes every entry so far, without waiting for company. */
  flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    if (!this.#entries.isEmpty) {
      const frame = this.#entries.take();
      sealFrame(frame);
      this.#unsynced.push(frame);
      this.#unsyncedBytes += frame.length;
    }
    const waiters = this.#waiters;
    this.#waiters = [];
    try {
      this.#writeUnsynced();
    } catch (cause) {
      const error = this.#fail(cause);
      for (const waiter of waiters) waiter.reject(error);
      return;
    }
    if (this.#error !== undefined) this.#onRecovered();
    this.#error = undefined;
    for (const waiter of waiters) waiter.resolve();
    this.#syncLater();
  }

  /** Writes and syncs every entry so far before it returns; the next may go to another file. Throws `ledger_unavailable`. */
  seal(): void {
    this.flush();
    if (this.#error !== undefined) throw this.#error;
    try {
      this.#disk.syncNow(this.#file);
    } catch (cause) {
      throw this.#fail(cause);
    }
    if (!this.#syncing) this.#forgetSynced(this.#unsynced.length);
  }

  /** Lets go of the file; entries are taken no more, and whoever waits is refused. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#error ??= new GatewayError("ledger_unavailable", "the ledger is closed");
    clearImmediate(this.#flushing);
    clearTimeout(this.#timer);
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#error);
    if (!this.#syncing) this.#disk.close(this.#file);
  }

  #writeUnsynced(): void {
    if (this.#closed) throw new Error("the journal is closed");
    if (this.isGone) this.#checkPresent();
    let position = this.#syncedBytes;
    for (const [at, frame] of this.#unsynced.entries()) {
      if (at >= this.#written) {
        writeAll(this.#disk, this.#file, frame, position);
        this.#written = at + 1;
      }
      position += frame.length;
    }
  }

  /** Nothing that is written to a file without its name is ever read again. */
  #checkPresent(): void {
    this.isGone = !this.#disk.isAt(this.#file, this.#path);
    if (this.isGone)
      throw new Error(`${this.#path} is gone: it was removed, or its volume is no longer mounted`);
  }

  #syncLater(): void {
    if (this.#timer !== undefined || this.#syncing || this.#unsynced.length === 0) return;
    this.#timer = setTimeout(() => this.#sync(), this.#fsyncIntervalMs).unref();
  }

  #sync(): void {
    this.#timer = undefined;
    const frames = this.#written;
    this.#syncing = true;
    this.#disk.sync(this.#file, (error) => {
      this.#syncing = false;
      if (this.#closed) this.#disk.close(this.#file);
      else if (error) this.#fail(error);
      else if (this.#findsGone()) return;
      else {
        this.#forgetSynced(frames);
        if (this.#error === undefined) this.#syncLater();
      }
    });
  }

  /** Looks for the file after each sync; where it is gone, that is a disk error. */
  #findsGone(): boolean {
    try {
      this.#checkPresent();
      return false;
    } catch (cause) {
      this.#fail(cause);
      return true;
    }
  }

  #forgetSynced(frames: number): void {
    for (const frame of this.#unsynced.splice(0, frames)) {
      this.#syncedBytes += frame.length;
      this.#unsyncedBytes -= frame.length;
    }
    this.#written = Math.max(0, this.#written - frames);
  }

  #fail(cause: unknown): GatewayError {
    this.#error = unwritable(cause);
    this.#written = 0;
    this.#onFault(this.#error);
    clearTimeout(this.#timer);
    this.#timer = this.#closed
      ? undefined
      : setTimeout(() => {
          this.#timer = undefined;
          this.flush();
        }, this.#retryMs).unref();
    return this.#error;
  }
}

/** The error of a ledger while the disk takes no writes. */
export function unwritable(cause: unknown): GatewayError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GatewayError("ledger_unavailable", `the ledger cannot be written: ${reason}`, { cause });
}
