import { Worker } from "node:worker_threads";
import { GatewayError } from "./errors.ts";
import { FairShare } from "./fair-share.ts";

/** Bounds of a pool of workers. */
export interface WorkerPoolOptions {
  /** The module that workers run: see {@link serveOrders}. */
  readonly program: URL;
  /** Threads at once; each is started when it is first needed. */
  readonly workersMax: number;
  /** Orders that wait for a worker, over all tenants, who share the places fairly. */
  readonly waitingMax: number;
  /** Longest that one order may take once a worker has it and has started; the worker is ended then. */
  readonly orderMs: number;
  /** Heap of one worker in MiB; the worker that needs more ends, and its order with it. */
  readonly heapMb: number;
}

/** What a worker may take beyond its first order's time to load its program, on a machine that is short of CPU. */
const startMs = 2_000;

/** The reason why an order has no answer. `lost`: its worker ended for a reason unrelated to the order. */
export type OrderFailure = "no-room" | "too-long" | "no-memory" | "lost";

/** Thrown for an order that the pool could not have done. */
export class OrderFailed extends Error {
  override readonly name = "OrderFailed";
  readonly failure: OrderFailure;

  constructor(failure: OrderFailure, cause?: unknown) {
    super(`a worker's order failed: ${failure}`, cause === undefined ? undefined : { cause });
    this.failure = failure;
  }
}

/** A worker's reply to an order: its answer, a failure to be reported, or a bug. */
export type OrderResult<Answer> =
  | { readonly kind: "done"; readonly answer: Answer }
  | { readonly kind: "refused"; readonly error: PlainError }
  | { readonly kind: "bug"; readonly stack: string };

/** A GatewayError as it crosses threads. */
export type PlainError = Pick<GatewayError, "code" | "message" | "param" | "retryAfterMs">;

/** A failure without its class, for another thread. */
export function plainError({ code, message, param, retryAfterMs }: GatewayError): PlainError {
  return { code, message, param, retryAfterMs };
}

/** The failure again. */
export function gatewayError({ code, message, param, retryAfterMs }: PlainError): GatewayError {
  return new GatewayError(code, message, {
    ...(param === undefined ? {} : { param }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

interface Task<Order, Answer> {
  readonly tenantId: string;
  readonly order: Order;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

interface Thread<Order, Answer> {
  readonly worker: Worker;
  task: Task<Order, Answer> | undefined;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Does work in other threads that would hold this one's event loop. Tenants take turns, each with its own queue; a worker that takes too long,
 * runs out of heap or fails is replaced.
 */
export class WorkerPool<Order, Answer> {
  readonly #options: WorkerPoolOptions;
  readonly #places: FairShare;
  readonly #waiting = new Map<string, Task<Order, Answer>[]>();
  readonly #threads = new Set<Thread<Order, Answer>>();
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#places = new FairShare(options.waitingMax);
  }

  /** Has an order done. Rejects with the worker's own GatewayError, or with {@link OrderFailed}. */
  do(tenantId: string, order: Order): Promise<Answer> {
    if (this.#closed || !this.#places.take(tenantId, 1)) return Promise.reject(new OrderFailed("no-room"));
    return new Promise((resolve, reject) => {
      const queue = this.#waiting.get(tenantId) ?? [];
      queue.push({ tenantId, order, resolve, reject });
      this.#waiting.set(tenantId, queue);
      this.#dispatch();
    });
  }

  /** Ends every worker; what waits is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    for (let task = this.#next(); task !== undefined; task = this.#next())
      task.reject(new OrderFailed("lost"));
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #dispatch(): void {
    const idle = [...this.#threads].find(({ task }) => task === undefined);
    if (idle === undefined && this.#threads.size >= this.#options.workersMax) return;
    const task = this.#next();
    if (task === undefined) return;
    const thread = idle ?? this.#start();
    const waitMs = this.#options.orderMs + (idle === undefined ? startMs : 0);
    thread.task = task;
    thread.worker.ref();
    thread.timer = setTimeout(() => this.#end(thread, new OrderFailed("too-long")), waitMs);
    thread.worker.postMessage(task.order);
  }

  /** The oldest order of the tenant whose turn it is. */
  #next(): Task<Order, Answer> | undefined {
    for (const [tenantId, queue] of this.#waiting) {
      if (!this.#mayRun(tenantId)) continue;
      const task = queue.shift();
      this.#waiting.delete(tenantId);
      if (queue.length > 0) this.#waiting.set(tenantId, queue);
      if (task === undefined) continue;
      this.#places.release(tenantId, 1);
      return task;
    }
    return undefined;
  }

  /** A tenant alone never has all workers, where there are several: another always finds one. */
  #mayRun(tenantId: string): boolean {
    const { workersMax } = this.#options;
    let running = 0;
    for (const { task } of this.#threads) if (task?.tenantId === tenantId) running += 1;
    return this.#closed || running < Math.max(1, workersMax - 1);
  }

  #start(): Thread<Order, Answer> {
    const worker = new Worker(this.#options.program, {
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heapMb },
      // A worker needs nothing of the environment, which may hold credentials.
      env: {},
    });
    worker.unref();
    const thread: Thread<Order, Answer> = { worker, task: undefined, timer: undefined };
    this.#threads.add(thread);
    worker.on("message", (result: OrderResult<Answer>) => this.#take(thread, result));
    worker.on("error", (error) => this.#end(thread, new OrderFailed(failureOf(error), error)));
    worker.on("exit", () => this.#end(thread, new OrderFailed("lost")));
    return thread;
  }

  #take(thread: Thread<Order, Answer>, result: OrderResult<Answer>): void {
    const { task } = thread;
    clearTimeout(thread.timer);
    thread.task = undefined;
    thread.worker.unref();
    if (result.kind === "done") task?.resolve(result.answer);
    else if (result.kind === "refused") task?.reject(gatewayError(result.error));
    else task?.reject(new Error(result.stack));
    this.#dispatch();
  }

  #end(thread: Thread<Order, Answer>, why: OrderFailed): void {
    if (!this.#threads.delete(thread)) return;
    clearTimeout(thread.timer);
    void thread.worker.terminate();
    thread.task?.reject(why);
    if (!this.#closed) this.#dispatch();
  }
}

function failureOf(error: Error): OrderFailure {
  return "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "no-memory" : "lost";
}
