import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import { type Disk, realDisk, writeAll } from "../core/disk.ts";
import { assert, GatewayError } from "../core/errors.ts";
import type { FaultHooks } from "../core/fault-reporter.ts";
import { syncFolder } from "../core/replace-file.ts";
import {
  hourOf,
  isCompressed,
  listSegments,
  parseSegmentName,
  repairSegment,
  type Segment,
  segmentName,
} from "./segment.ts";

/** Options of a usage log; only its folder has no default. */
export interface UsageLogOptions extends Partial<FaultHooks> {
  /** Made when missing. One process writes to a folder. */
  readonly folder: string;
  readonly clock: Clock;
  /** The most that a power loss takes: lines reach the disk at least this often (100). A crash of the process alone takes only what is queued. */
  readonly fsyncIntervalMs?: number;
  /** A segment is left once it is larger (64 MiB), or its hour is over. */
  readonly segmentBytes?: number;
  /** Lines that wait for the disk, at most (64 MiB); beyond it {@link UsageLog.append} takes none. */
  readonly queueBytes?: number;
  /** Wait after a disk error before trying again (1,000). */
  readonly retryMs?: number;
  /** The file system; tests hand in one that fails. */
  readonly disk?: Disk;
  /** Told when a start cuts off a broken end. Must not throw. */
  readonly onTorn?: (torn: TornEnd) => void;
}

/** The health of the log: `error` until the queued records have reached the disk again. */
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
  /**
   * Flushes, and lets go of the file in any case. Nothing may be appended after. Resolves to the lines that the disk did not take, oldest
   * first: empty when all is well.
   */
  close(): Promise<readonly string[]>;
  health(): UsageLogHealth;
}

const defaults = {
  fsyncIntervalMs: 100,
  segmentBytes: 67_108_864,
  queueBytes: 67_108_864,
  retryMs: 1_000,
  disk: realDisk,
  onTorn: () => {},
  onFault: () => {},
  onRecovered: () => {},
};

/** Of a segment: whoever may read the folder may read the records. */
const fileMode = 0o644;
/** The longest that a close waits for a disk that does not answer. */
const closeWaitMs = 10_000;

/** Characters written at once, at most, besides the last line. */
const batchLength = 1_048_576;

/** Bytes cut off the end of a file at a start: a last write broken by a crash or a power loss. */
export interface TornEnd {
  readonly file: string;
  /** Where the file ends now. */
  readonly at: number;
  readonly bytes: number;
}

/** Opens the log of a folder: repairs the torn tail that a crash left, and goes on where the last segment ends. */
export async function openUsageLog(options: UsageLogOptions): Promise<UsageLog> {
  await mkdir(options.folder, { recursive: true });
  const last = (await listSegments(options.folder)).at(-1);
  const lastBytes = last === undefined ? 0 : await wholeBytes(options, last);
  const segment = last === undefined ? undefined : parseSegmentName(last);
  return new SegmentedLog(options, segment, lastBytes);
}

/** A compressed segment is as good as full. */
async function wholeBytes({ folder, onTorn }: UsageLogOptions, name: string): Promise<number> {
  if (isCompressed(name)) return Number.POSITIVE_INFINITY;
  const { bytes, cutBytes } = await repairSegment(folder, name);
  if (cutBytes > 0) onTorn?.({ file: join(folder, name), at: bytes, bytes: cutBytes });
  return bytes;
}

interface Waiter {
  readonly upTo: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One loop at a time takes what is queued, in batches, and writes each at its own position. Written bytes are kept until they are synced:
 * after any error the same bytes are written to the same positions again, so nothing is lost or doubled.
 */
class SegmentedLog implements UsageLog {
  readonly #options: Required<UsageLogOptions>;
  readonly #disk: Disk;
  #segment: Segment | undefined;
  #file: number | undefined;
  /** The file was found to be gone; it is replaced unless it comes back. */
  #isGone = false;
  #folderSynced = true;
  /** Bytes of the segment that are on the disk for certain. */
  #syncedBytes: number;
  #unsynced: Buffer[] = [];
  #unsyncedBytes = 0;
  #unsyncedRecords = 0;
  #unsyncedSinceMs = 0;
  /** Number of `#unsynced` that are written. */
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
    this.#disk = this.#options.disk;
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

  async close(): Promise<readonly string[]> {
    this.#closed = true;
    await within(closeWaitMs, this.flush());
    await within(closeWaitMs, this.#loop);
    clearTimeout(this.#timer);
    if (this.#file !== undefined && this.#loop === undefined) this.#disk.close(this.#file);
    this.#file = undefined;
    const unsynced = this.#unsynced.flatMap((batch) => batch.toString().split("\n").slice(0, -1));
    return [...unsynced, ...this.#queue];
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
      // Appended after the loop's last look, so it must be started again.
      if (this.#queue.length > 0 && this.#error === undefined) this.#start();
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
    await this.#writeUnsynced();
  }

  /** Whoever waits for a write is told: of its success, or that what is queued is kept and tried again. */
  #tellWriteWaiters(): void {
    for (const resolve of this.#writeWaiters.splice(0)) resolve();
  }

  async #writeUnsynced(): Promise<void> {
    if (this.#isGone) await this.#findFile();
    this.#file ??= this.#disk.open(this.#path(), { mode: fileMode });
    let position = this.#syncedBytes;
    for (const [at, batch] of this.#unsynced.entries()) {
      if (at >= this.#written) {
        writeAll(this.#disk, this.#file, batch, position);
        this.#written = at + 1;
      }
      position += batch.length;
    }
    if (this.#queue.length === 0) this.#tellWriteWaiters();
  }

  /** Where the segment was found to be gone: goes on in it when it is back, else in a new one. */
  async #findFile(): Promise<void> {
    const last = (await listSegments(this.#options.folder)).at(-1);
    if (this.#file !== undefined && this.#disk.isAt(this.#file, this.#path())) this.#isGone = false;
    else this.#openNext(last);
  }

  /** A segment that is no longer at its path would take records that nobody ever finds. */
  #checkPresent(): void {
    if (this.#file === undefined || this.#disk.isAt(this.#file, this.#path())) return;
    this.#isGone = true;
    throw new Error(`${this.#path()} is gone: it was removed, or its volume is no longer mounted`);
  }

  async #sync(): Promise<void> {
    this.#checkPresent();
    if (this.#file !== undefined) await synced(this.#disk, this.#file);
    if (!this.#folderSynced) await syncFolder(this.#options.folder);
    this.#folderSynced = true;
    this.#synced += this.#unsyncedRecords;
    this.#syncedBytes += this.#unsyncedBytes;
    this.#queuedBytes -= this.#unsyncedBytes;
    this.#unsynced = [];
    this.#unsyncedBytes = 0;
    this.#unsyncedRecords = 0;
    this.#written = 0;
    if (this.#error !== undefined) this.#options.onRecovered();
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
    this.#openNext(this.#segment === undefined ? undefined : segmentName(this.#segment));
  }

  /** Begins the segment that comes after the one named. */
  #openNext(lastName: string | undefined): void {
    const now = hourOf(this.#options.clock.nowMs());
    const last = lastName === undefined ? undefined : parseSegmentName(lastName);
    const next =
      last === undefined || last.hour < now ? { hour: now, number: 1 } : { ...last, number: last.number + 1 };
    const path = join(this.#options.folder, segmentName(next));
    const file = this.#disk.open(path, { mode: fileMode, exclusive: true });
    if (this.#file !== undefined) this.#disk.close(this.#file);
    this.#file = file;
    this.#isGone = false;
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
    this.#options.onFault(error);
    this.#tellWriteWaiters();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    if (!this.#closed) this.#startIn(this.#options.retryMs);
  }
}

function synced(disk: Disk, file: number): Promise<void> {
  return new Promise((resolve, reject) => disk.sync(file, (error) => (error ? reject(error) : resolve())));
}

/** Waits for a promise, however it ends, but no longer than so many milliseconds. */
async function within(ms: number, promise: Promise<unknown> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise?.catch(() => undefined), late]);
  clearTimeout(timer);
}
