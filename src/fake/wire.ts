import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";

/** Time for written bytes to reach the client before a reset may overtake them. */
const settleMs = 20;

/** A request as node:http and node:http2 hand it over. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
/** A response as node:http and node:http2 hand it over. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** The common part of both kinds of response; their types differ in the overloads of `write`. */
interface CommonResponse {
  writeHead(status: number, headers: OutgoingHttpHeaders): unknown;
  write(bytes: Buffer, done: (error?: Error | null) => void): boolean;
  end(): unknown;
}

/** The answering side of one request, the same over HTTP/1.1 and HTTP/2. */
export class Wire {
  /** Aborted when this side is over: the client left, or the answer ended. */
  readonly over: AbortSignal;
  readonly #response: NodeResponse;
  readonly #resetConnection: () => void;

  /** `resetConnection` resets the TCP connection below an HTTP/1.1 response. `onOver` is told if our end came first. */
  constructor(response: NodeResponse, resetConnection: () => void, onOver?: (ended: boolean) => void) {
    this.#response = response;
    this.#resetConnection = resetConnection;
    const controller = new AbortController();
    this.over = controller.signal;
    response.once("close", () => {
      onOver?.(response.writableEnded);
      controller.abort("over");
    });
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    if (!this.over.aborted) this.#common.writeHead(status, headers);
  }

  /** Sends the head, if there is one, before any body follows. */
  flushHead(): void {
    // HTTP/2 sends it at once.
    if ("flushHeaders" in this.#response && this.#response.headersSent && !this.over.aborted) {
      this.#response.flushHeaders();
    }
  }

  /** True if the bytes were handed to the kernel; false if the client left before. */
  write(bytes: Buffer): Promise<boolean> {
    if (this.over.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const onOver = () => resolve(false);
      this.over.addEventListener("abort", onOver, { once: true });
      this.#common.write(bytes, (error) => {
        this.over.removeEventListener("abort", onOver);
        resolve(error === undefined || error === null);
      });
    });
  }

  end(): void {
    if (!this.over.aborted) this.#common.end();
  }

  /** Resets the connection, or over HTTP/2 the stream, once what was written has had time to arrive. */
  async reset(): Promise<void> {
    if (this.#response.headersSent) {
      this.flushHead();
      await sleep(settleMs);
    }
    if (this.over.aborted) return;
    if ("stream" in this.#response) this.#response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else this.#resetConnection();
  }

  /** Waits, or less if this side is over before. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.over }).catch(() => undefined);
  }

  /** Waits until this side is over. */
  async silence(): Promise<void> {
    if (this.over.aborted) return;
    await new Promise<void>((resolve) => {
      this.over.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  get #common(): CommonResponse {
    return this.#response as CommonResponse;
  }
}
