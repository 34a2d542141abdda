import { type ChildProcess, spawn } from "node:child_process";
import { setPriority } from "node:os";
import type { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { GatewayError } from "../core/errors.ts";
import type { UsageJob } from "./usage-job.ts";
import type { UsageHead, UsageOrder } from "./usage-process.ts";

/** Bounds on the jobs; all have defaults. */
export interface UsageJobLimits {
  /** Jobs that wait for the one being done (16). */
  readonly waitingMax?: number;
  /** Longest run of one job (60,000). */
  readonly jobMs?: number;
}

/** A job's answer, ready to be sent. */
export interface UsageReply extends Omit<UsageHead, "bytes"> {
  readonly body: Uint8Array;
}

/** Heap of the process, in MiB; columns lie outside of it, one segment's at a time. */
const heapMb = 512;
/** Requests are served first. */
const niceness = 10;
/** Beside this file: TypeScript in development, JavaScript as shipped. */
const programPath = fileURLToPath(new URL(`./usage-process${import.meta.url.slice(-3)}`, import.meta.url));

/** Runs the usage API's jobs one after the other, each in a separate process of lower priority, so that requests never wait for a report. */
export class UsageJobs {
  readonly #folder: string;
  readonly #limits: Required<UsageJobLimits>;
  #running: ChildProcess | undefined;
  /** Being done or waiting. */
  #jobs = 0;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(folder: string, limits: UsageJobLimits = {}) {
    this.#folder = folder;
    this.#limits = { waitingMax: 16, jobMs: 60_000, ...limits };
  }

  /** Throws a GatewayError: `capacity` when too many wait, `timeout`, `shutting_down`, `internal` for anything that went wrong. */
  async do(job: UsageJob): Promise<UsageReply> {
    if (this.#jobs > this.#limits.waitingMax)
      throw new GatewayError("capacity", "too many reports at once: try again later");
    this.#jobs += 1;
    const done = this.#last.then(() => this.#run(job));
    this.#last = done.catch(() => {});
    try {
      return await done;
    } finally {
      this.#jobs -= 1;
    }
  }

  /** Ends what is being done; those who wait are told. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#running?.kill("SIGKILL");
    await this.#last;
  }

  async #run(job: UsageJob): Promise<UsageReply> {
    if (this.#closed) throw new GatewayError("shutting_down", "the gateway is shutting down");
    const child = start({ folder: this.#folder, job });
    this.#running = child;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, this.#limits.jobMs);
    try {
      return await replyOf(child);
    } catch (cause) {
      if (late) throw new GatewayError("timeout", "the report took too long: choose a shorter period");
      if (this.#closed) throw new GatewayError("shutting_down", "the gateway is shutting down");
      throw new GatewayError("internal", "the report failed", { cause });
    } finally {
      clearTimeout(timer);
      this.#running = undefined;
    }
  }
}

function start(order: UsageOrder): ChildProcess {
  const child = spawn(
    process.execPath,
    [...process.execArgv, `--max-old-space-size=${heapMb}`, programPath],
    // A report needs nothing of the environment, which may hold credentials.
    { env: {}, stdio: ["pipe", "pipe", "ignore", "pipe"] },
  );
  child.stdin?.on("error", () => {});
  child.stdin?.end(JSON.stringify(order));
  return child;
}

/** Reads all that a process has to say; what ended early is no answer. */
async function replyOf(child: ChildProcess): Promise<UsageReply> {
  const ended = new Promise<never>((_, reject) => child.once("error", reject));
  const lowered = new Promise<void>((resolve) => child.once("spawn", () => resolve(lower(child))));
  const said = Promise.all([text(child.stdio[3] as Readable), buffer(child.stdout as Readable), lowered]);
  const [head, body] = await Promise.race([said, ended]);
  const { bytes, ...rest } = JSON.parse(head) as UsageHead;
  if (bytes !== body.length) throw new Error(`${body.length} of ${bytes} bytes of the answer came`);
  return { ...rest, body };
}

function lower({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, niceness);
  } catch {
    // It has ended already.
  }
}
