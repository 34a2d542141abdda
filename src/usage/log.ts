import { writeSync } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import { assert, GatewayError } from "../core/errors.ts";
import {
  hourOf,
  isCompressed,
  listSegments,
  parseSegmentName,
  repairSegment,
  type Segment,
  segmentName,
} from "./segment.ts";

/** How a usage log is kept; only its folder has no default. */
export interface UsageLogOptions {
  /** Made when missing. One process writes to a folder. */
  readonly folder: string;
  readonly clock: Clock;
  /** The most that a power loss takes: lines reach the disk at least this often (100). A crash of the process alone takes only what is queued. */
  readonly fsyncIntervalMs?: number;
  /** A segment is left once it is larger (64 MiB), or its hour is over. */
  readonly segmentBytes?: number;
  /** Lines that wait for the disk, at most (64 MiB); beyond it {@link UsageLog.append} takes none. */
  readonly queueBytes?: number;
  /** How long to wait after a disk error before trying again (1,000). */
  readonly retryMs?: number;
}

/** How the log does; `error` until what is queued has reached the disk again. */
export interface UsageLogHealth {
  readonly state: "ok" | "error";
  /** The last disk error, while it lasts. */
  readonly error: string | undefined;
  /** Lines and bytes not yet known to be on the disk. */
  readonly queuedRecords: number;
  readonly queuedBytes: number;
  /** Since the start: lines on the disk, lines not taken because the queue was full, disk errors. */
  readonly syncedRecords: number;
  readonly refusedRecords: number;
  readonly failures: number;
}

/** An append-only log of usage records. */
export interface UsageLog {
  /** Takes one line (without its end) and returns at once; false: the queue is full, and the line was not taken. */
  append(line: string): boolean;
  /** Resolves when everything appended so far is written, so that a crash of this process cannot take it; at a disk error at once, for then it is kept and tried again. */
  written(): Promise<void>;
  /** Resolves when everything appended so far is on the disk; rejects at a disk error before that. */
  flush(): Promise<void>;
  /** Flushes, and lets go of the file in any case. Nothing may be appended after. */
  close(): Promise<void>;
  health(): UsageLogHealth;
}

const defaults = { fsyncIntervalMs: 100, segmentBytes: 67_108_864, queueBytes: 67_108_864, retryMs: 1_000 };

/** Characters written at once, at most, besides the last line. */
const batchLength = 1_048_576;

/** Opens the log of a folder: repairs the torn tail that a crash left, and goes on where the last segment ends. */
export async function openUsageLog(options: UsageLogOptions): Promise<UsageLog> {
  await mkdir(options.folder, { recursive: true });
  const last = (await listSegments(options.folder)).at(-1);
  const lastBytes = last === undefined ? 0 : await wholeBytes(options.folder, last);
  const segment = last === undefined ? undefined : parseSegmentName(last);
  return new SegmentedLog(options, segment, lastBytes);
}

/** A compressed segment is as good as full. */
async function wholeBytes(folder: string, name: string): Promise<number> {
  return isCompressed(name) ? Number.POSITIVE_INFINITY : await repairSegment(folder, name);
}

interface Waiter {
  readonly upTo: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One loop at a time takes what is queued, in batches, and writes each at its own position. What was written is kept until it is synced:
 * after any error the same bytes are written to the same positions again, so nothing is lost or doubled.
 */
class SegmentedLog implements UsageLog {
  readonly #options: Required<UsageLogOptions>;
  #segment: Segment | undefined;
  #file: FileHandle | undefined;
  #folderSynced = true;
  /** Bytes of the segment that are on the disk for certain. */
  #syncedBytes: number;
  #unsynced: Buffer[] = [];
  #unsyncedBytes = 0;
  #unsyncedRecords = 0;
  #unsyncedSinceMs = 0;
  /** How many of `#unsynced` are written. */
  #written = 0;
  #queue: string[] = [];
  #queuedBytes = 0;
  #appended = 0;
  #synced = 0;
  #refused = 0;
  #failures = 0;
  #error: GatewayError | undefined;
  #waiters: Waiter[] = [];
  /** Told at the next write that leaves nothing queued. */
  #writeWaiters: (() => void)[] = [];
  #loop: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: UsageLogOptions, segment: Segment | undefined, bytes: number) {
    this.#options = { ...defaults, ...options };
    this.#segment = segment;
    this.#syncedBytes = bytes;
  }

  append(line: string): boolean {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#closed || this.#queuedBytes + bytes > this.#options.queueBytes) {
      this.#refused += 1;
      return false;
    }
    this.#queue.push(line);
    this.#queuedBytes += bytes;
    this.#appended += 1;
    // After an error the retry timer starts the loop, not every line.
    if (this.#error === undefined) this.#start();
    return true;
  }

  written(): Promise<void> {
    if (this.#error !== undefined || (this.#queue.length === 0 && this.#written === this.#unsynced.length)) {
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#writeWaiters.push(resolve));
  }

  flush(): Promise<void> {
    if (this.#synced === this.#appended) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ upTo: this.#appended, resolve, reject });
      this.#start();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    try {
      await this.flush();
    } finally {
      await this.#loop;
      clearTimeout(this.#timer);
      await this.#file?.close();
      this.#file = undefined;
    }
  }

  health(): UsageLogHealth {
    return {
      state: this.#error === undefined ? "ok" : "error",
      error: this.#error?.message,
      queuedRecords: this.#appended - this.#synced,
      queuedBytes: this.#queuedBytes,
      syncedRecords: this.#synced,
      refusedRecords: this.#refused,
      failures: this.#failures,
    };
  }

  #start(): void {
    this.#loop ??= this.#run().finally(() => {
      this.#loop = undefined;
    });
  }

  #startIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#start(), ms);
  }

  /** Writes until nothing is queued, syncing whenever that is due. Never rejects. */
  async #run(): Promise<void> {
    // One batch takes all that this turn of the event loop appends.
    await setImmediate();
    try {
      while (this.#queue.length > 0 || this.#unsynced.length > 0) {
        if (this.#written < this.#unsynced.length) await this.#writeUnsynced();
        else if (this.#syncDueInMs() <= 0) await this.#sync();
        else if (this.#queue.length > 0) await this.#writeBatch();
        else return this.#startIn(this.#syncDueInMs());
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #syncDueInMs(): number {
    if (this.#unsynced.length === 0) return Number.POSITIVE_INFINITY;
    if (this.#waiters.length > 0 && this.#queue.length === 0) return 0;
    return this.#unsyncedSinceMs + this.#options.fsyncIntervalMs - this.#options.clock.monotonicMs();
  }

  async #writeBatch(): Promise<void> {
    if (!this.#segmentFits()) await this.#nextSegment();
    let lines = 0;
    for (let length = 0; lines < this.#queue.length && length < batchLength; lines++)
      length += this.#queue[lines]?.length ?? 0;
    const batch = Buffer.from(`${this.#queue.splice(0, lines).join("\n")}\n`);
    if (this.#unsynced.length === 0) this.#unsyncedSinceMs = this.#options.clock.monotonicMs();
    this.#unsynced.push(batch);
    this.#unsyncedBytes += batch.length;
    this.#unsyncedRecords += lines;
    const waiters = this.#queue.length === 0 ? this.#takeWriteWaiters() : [];
    await this.#writeUnsynced();
    for (const resolve of waiters) resolve();
    // Who asked while the last of the queue was being written waits for no more than that.
    if (this.#queue.length === 0) for (const resolve of this.#takeWriteWaiters()) resolve();
  }

  #takeWriteWaiters(): readonly (() => void)[] {
    const waiters = this.#writeWaiters;
    this.#writeWaiters = [];
    return waiters;
  }

  async #writeUnsynced(): Promise<void> {
    this.#file ??= await open(this.#path(), "r+");
    let position = this.#syncedBytes;
    for (const [at, batch] of this.#unsynced.entries()) {
      if (at >= this.#written) {
        writeAll(this.#file, batch, position);
        this.#written = at + 1;
      }
      position += batch.length;
    }
  }

  async #sync(): Promise<void> {
    await this.#file?.datasync();
    if (!this.#folderSynced) await syncFolder(this.#options.folder);
    this.#folderSynced = true;
    this.#synced += this.#unsyncedRecords;
    this.#syncedBytes += this.#unsyncedBytes;
    this.#queuedBytes -= this.#unsyncedBytes;
    this.#unsynced = [];
    this.#unsyncedBytes = 0;
    this.#unsyncedRecords = 0;
    this.#written = 0;
    this.#error = undefined;
    const waiters = this.#waiters;
    this.#waiters = waiters.filter((waiter) => waiter.upTo > this.#synced);
    for (const waiter of waiters) if (waiter.upTo <= this.#synced) waiter.resolve();
  }

  #segmentFits(): boolean {
    const segment = this.#segment;
    if (segment === undefined || this.#syncedBytes + this.#unsyncedBytes >= this.#options.segmentBytes)
      return false;
    // A clock set back does not open an earlier hour: names stay in order.
    return segment.hour >= hourOf(this.#options.clock.nowMs());
  }

  async #nextSegment(): Promise<void> {
    if (this.#unsynced.length > 0) await this.#sync();
    await this.#file?.close();
    this.#file = undefined;
    const now = hourOf(this.#options.clock.nowMs());
    const last = this.#segment;
    const next =
      last === undefined || last.hour < now ? { hour: now, number: 1 } : { ...last, number: last.number + 1 };
    this.#file = await open(join(this.#options.folder, segmentName(next)), "wx");
    this.#segment = next;
    this.#syncedBytes = 0;
    this.#folderSynced = false;
  }

  #path(): string {
    assert(this.#segment !== undefined, "a batch has a segment");
    return join(this.#options.folder, segmentName(this.#segment));
  }

  #fail(cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new GatewayError("internal", `usage log: ${reason}`, { cause });
    this.#failures += 1;
    this.#error = error;
    this.#written = 0;
    for (const resolve of this.#takeWriteWaiters()) resolve();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(error);
    if (!this.#closed) this.#startIn(this.#options.retryMs);
  }
}

/** Into the system's memory, which takes a batch in less time than a turn of the thread pool; only syncs wait for the disk. */
function writeAll(file: FileHandle, bytes: Buffer, position: number): void {
  for (let written = 0; written < bytes.length; )
    written += writeSync(file.fd, bytes, written, bytes.length - written, position + written);
}

/** A new file's name is on the disk only once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
