import { isDeepStrictEqual } from "node:util";
import { Worker } from "node:worker_threads";
import type { HealthNews, HealthStart, HealthStarted } from "./health-message.ts";

/** How often the event loop says that it turns, and looks whether readiness has changed. */
const beatMs = 250;
/** An event loop that has not turned for so long serves nobody. */
const stallMsDefault = 10_000;
const heapMb = 32;

/** How the health listener is started. */
export interface HealthServerOptions {
  readonly address: { readonly host: string; readonly port: number };
  /** Why no requests should be sent here; nothing: they should. */
  readonly unreadyReasons: () => readonly string[];
  /** How long the event loop may stand still before `/livez` answers 503. */
  readonly stallMs?: number;
}

/**
 * `/livez` and `/readyz` on a listener and a thread of their own: they are answered however busy the event loop is, and say so when it stands
 * still. The admin interface answers both, too, from the event loop itself.
 */
export class HealthServer {
  /** E.g. `http://127.0.0.1:9091`. */
  readonly url: string;
  readonly #worker: Worker;
  readonly #beat: Int32Array;
  readonly #timer: NodeJS.Timeout;
  readonly #unreadyReasons: () => readonly string[];
  #told: readonly string[] | undefined;

  private constructor(
    url: string,
    worker: Worker,
    beats: SharedArrayBuffer,
    unreadyReasons: () => readonly string[],
  ) {
    this.url = url;
    this.#worker = worker;
    this.#beat = new Int32Array(beats);
    this.#unreadyReasons = unreadyReasons;
    this.#timer = setInterval(() => this.tell(), beatMs);
    this.#timer.unref();
    this.tell();
  }

  /** Starts it where there is an address for it. */
  static async startAt(
    address: HealthServerOptions["address"] | undefined,
    { unreadyReasons }: Pick<HealthServerOptions, "unreadyReasons">,
  ): Promise<HealthServer | undefined> {
    return address === undefined ? undefined : HealthServer.start({ address, unreadyReasons });
  }

  /** Resolves once it listens. Rejects, with the system's code and the port, when it cannot. */
  static async start({ address, unreadyReasons, stallMs }: HealthServerOptions): Promise<HealthServer> {
    const beats = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const start: HealthStart = { ...address, beats, stallMs: stallMs ?? stallMsDefault };
    const program = new URL(`./health-worker${import.meta.url.slice(-3)}`, import.meta.url);
    const worker = new Worker(program, {
      workerData: start,
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
      // It needs nothing of the environment, which may hold credentials.
      env: {},
    });
    const started = await new Promise<HealthStarted>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    worker.unref();
    if (started.kind === "failed") {
      await worker.terminate();
      throw Object.assign(new Error(started.message), { code: started.code, port: address.port });
    }
    const { host, port } = started;
    const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
    return new HealthServer(url, worker, beats, unreadyReasons);
  }

  /** Says that the event loop turns, and what has changed. Called by itself; at once where a change must not wait. */
  tell(): void {
    Atomics.add(this.#beat, 0, 1);
    const unreadyReasons = this.#unreadyReasons();
    if (isDeepStrictEqual(unreadyReasons, this.#told)) return;
    this.#told = unreadyReasons;
    const news: HealthNews = { unreadyReasons };
    this.#worker.postMessage(news);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#worker.terminate();
  }
}
