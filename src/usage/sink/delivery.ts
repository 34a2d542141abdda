import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GatewayError } from "../../core/errors.ts";
import type { FaultHooks } from "../../core/fault-reporter.ts";
import { type Batch, readBatch } from "./batch.ts";
import { type Cursor, cursorPath, readCursor, writeCursor } from "./cursor.ts";
import { DeliveryError, type Sink } from "./sink.ts";

/** Options for delivering a log to a sink; only the first two have no default. */
export interface DeliveryOptions {
  /** The usage log's folder; the cursor is kept there too. */
  readonly folder: string;
  readonly sink: Sink;
  /** Records (500) and bytes (1 MiB) in memory at once, at most. */
  readonly batchRecords?: number;
  readonly batchBytes?: number;
  /** Wait for new records at the log's end (250). */
  readonly pollMs?: number;
  /** Waits after a failure double from the first (250) to the last (30,000), each shortened by up to half at random. */
  readonly retryMinMs?: number;
  readonly retryMaxMs?: number;
  /** Told of every failure and every success. */
  readonly faults?: DeliveryFaults;
}

/** Whom a delivery tells of its failures. */
export interface DeliveryFaults {
  /** The sink takes nothing, or the log or the cursor cannot be read or written. */
  readonly delivery: FaultHooks;
  /** The sink refuses a record, which is set aside. */
  readonly refusals: FaultHooks;
}

/** The health of a delivery. `retrying`: the last attempt failed, and undelivered records wait in the log. */
export interface DeliveryHealth {
  readonly sink: string;
  readonly state: "ok" | "retrying";
  readonly error: string | undefined;
  /** Bytes of the log that are not delivered, as of the last look. */
  readonly waitingBytes: number;
  /** Since the start. */
  readonly deliveredRecords: number;
  readonly failures: number;
  /** Records that the sink refused, each kept in `refused-<sink>.jsonl`; lines that were no records. */
  readonly refusedRecords: number;
  readonly unreadableLines: number;
}

/** A running delivery. */
export interface Delivery {
  health(): DeliveryHealth;
  /** Goes on with this sink, which has the same name, from the next batch on: its address or its credentials have changed. */
  use(sink: Sink): void;
  /** Stops, cutting a delivery under way: its records come again at the next start. */
  close(): Promise<void>;
}

const defaults = {
  batchRecords: 500,
  batchBytes: 1_048_576,
  pollMs: 250,
  retryMinMs: 250,
  retryMaxMs: 30_000,
  faults: {
    delivery: { onFault() {}, onRecovered() {} },
    refusals: { onFault() {}, onRecovered() {} },
  },
};

/** Delivers a usage log to a sink, in order, at least once each, from where it stood when the process last ran. */
export function startDelivery(options: DeliveryOptions): Delivery {
  return new LogDelivery(options);
}

class LogDelivery implements Delivery {
  readonly #options: Omit<Required<DeliveryOptions>, "sink">;
  #sink: Sink;
  /** Ends the wait before the next attempt. */
  #wake = new AbortController();
  readonly #cursorPath: string;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #cursor: Cursor | undefined;
  /** Smaller after a refusal, to find the record at fault. */
  #batchRecords: number;
  #error: string | undefined;
  #failuresInRow = 0;
  #waitingBytes = 0;
  #delivered = 0;
  #failures = 0;
  #refused = 0;
  #unreadable = 0;

  constructor(options: DeliveryOptions) {
    this.#options = { ...defaults, ...options };
    this.#sink = options.sink;
    this.#batchRecords = this.#options.batchRecords;
    this.#cursorPath = cursorPath(options.folder, options.sink.name);
    this.#done = this.#run();
  }

  health(): DeliveryHealth {
    return {
      sink: this.#sink.name,
      state: this.#error === undefined ? "ok" : "retrying",
      error: this.#error,
      waitingBytes: this.#waitingBytes,
      deliveredRecords: this.#delivered,
      failures: this.#failures,
      refusedRecords: this.#refused,
      unreadableLines: this.#unreadable,
    };
  }

  use(sink: Sink): void {
    this.#sink = sink;
    this.#failuresInRow = 0;
    this.#wake.abort();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    let isKnown = false;
    while (!this.#stop.signal.aborted) {
      try {
        if (!isKnown) this.#cursor = await readCursor(this.#cursorPath);
        isKnown = true;
        const moved = await this.#step();
        if (!moved) await this.#wait(this.#options.pollMs);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        await this.#wait(this.#fail(error));
      }
    }
  }

  /** Delivers one batch; false when there is none. */
  async #step(): Promise<boolean> {
    const { folder, batchBytes, batchRecords } = this.#options;
    const batch = await readBatch(folder, this.#cursor, { records: this.#batchRecords, bytes: batchBytes });
    if (batch === undefined) {
      this.#recovered(0);
      return false;
    }
    this.#waitingBytes = batch.restBytes + batch.end.offset - this.#offsetIn(batch.end.segment);
    try {
      if (batch.records.length > 0) await this.#sink.deliver(batch.records, this.#stop.signal);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== "invalid_request") throw error;
      return await this.#refuse(batch, error);
    }
    await this.#pass(batch);
    if (batch.records.length > 0) this.#options.faults.refusals.onRecovered();
    this.#delivered += batch.records.length;
    this.#batchRecords = Math.min(batchRecords, this.#batchRecords * 2);
    return true;
  }

  /** A batch that will never be taken is halved until one record is left, which is set aside. */
  async #refuse(batch: Batch, error: GatewayError): Promise<boolean> {
    const { folder } = this.#options;
    this.#failures += 1;
    this.#error = error.message;
    if (batch.records.length > 1) {
      this.#batchRecords = Math.ceil(batch.records.length / 2);
      return true;
    }
    await appendFile(
      join(folder, `refused-${this.#sink.name}.jsonl`),
      `${JSON.stringify(batch.records[0])}\n`,
    );
    this.#refused += 1;
    this.#options.faults.refusals.onFault(error);
    await this.#pass(batch);
    return true;
  }

  async #pass(batch: Batch): Promise<void> {
    await writeCursor(this.#cursorPath, batch.end);
    this.#cursor = batch.end;
    this.#unreadable += batch.unreadable;
    this.#recovered(batch.restBytes);
  }

  #recovered(waitingBytes: number): void {
    this.#waitingBytes = waitingBytes;
    this.#failuresInRow = 0;
    this.#error = undefined;
    this.#options.faults.delivery.onRecovered();
  }

  #offsetIn(segment: string): number {
    return this.#cursor?.segment === segment ? this.#cursor.offset : 0;
  }

  /** Notes a failure; returns how long to wait. */
  #fail(error: unknown): number {
    const { retryMinMs, retryMaxMs } = this.#options;
    this.#error = error instanceof Error ? error.message : String(error);
    this.#failures += 1;
    this.#options.faults.delivery.onFault(error);
    const backoffMs = Math.min(retryMaxMs, retryMinMs * 2 ** this.#failuresInRow);
    this.#failuresInRow += 1;
    const askedMs = error instanceof DeliveryError ? (error.askedWaitMs ?? 0) : 0;
    return Math.max(askedMs, backoffMs * (0.5 + Math.random() / 2));
  }

  async #wait(ms: number): Promise<void> {
    this.#wake = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, this.#wake.signal]);
    await sleep(Math.min(ms, 600_000), undefined, { signal }).catch(() => {});
  }
}
