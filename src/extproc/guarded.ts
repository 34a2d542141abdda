import type { GatewayError } from "../core/errors.ts";
import { chain, type MaybePromise } from "../core/maybe-promise.ts";
import type { EdgeMessage } from "../edge/edge.ts";
import { Gate, type GateVerdict } from "../exchange/answer/gate.ts";
import type { Services } from "../exchange/state/services.ts";
import { AttemptRole } from "./attempt.ts";
import type { HttpHeaders, ProcessingRequest } from "./codec/processing-request.ts";
import { continueReplies } from "./codec/processing-response.ts";
import { verdictReply } from "./replies.ts";
import type { Role } from "./role.ts";

/**
 * The role guarded: one stream for each upstream try of a stream that may still fall back. It withholds the response headers until the
 * answer says something, or fails; then it leaves, and Envoy goes on alone.
 */
export class GuardedRole implements Role {
  readonly last = false;
  readonly #attempt: AttemptRole;
  #gate: Gate | undefined;
  #decide: ((verdict: GateVerdict) => void) | undefined;
  #giveUp: (error: unknown) => void = () => {};
  /** The look at the bytes that came last. */
  #judging: MaybePromise<void> = undefined;
  #done = false;

  constructor(services: Services) {
    this.#attempt = new AttemptRole(services);
  }

  get done(): boolean {
    return this.#done;
  }

  on(message: ProcessingRequest): MaybePromise<EdgeMessage> {
    if (message.kind === "request_headers") return this.#attempt.on(message);
    if (message.kind === "response_headers") return this.#withhold(message);
    return continueReplies[message.kind];
  }

  /** Messages that arrive while the headers are withheld. They are answered after the headers, and decide about them. */
  ahead(message: ProcessingRequest): void {
    if (this.#gate === undefined || this.#decide === undefined) return;
    if (message.kind === "response_body") this.#push(message.body, message.endOfStream);
    else if (message.kind === "response_trailers") this.#push(noBytes, true);
  }

  fail(error: GatewayError): EdgeMessage {
    return this.#attempt.fail(error);
  }

  closed(): void {
    this.#attempt.closed();
  }

  #withhold(message: HttpHeaders): MaybePromise<EdgeMessage> {
    const { forwarded, attempt } = this.#attempt.begun;
    const head = { status: Number(message.headers.get(":status")), headers: message.headers };
    const gate = new Gate(forwarded, attempt, head, false);
    return chain(gate.push(noBytes, message.endOfStream), (known) => {
      if (known !== undefined) return this.#reply(known);
      this.#gate = gate;
      return new Promise<EdgeMessage>((resolve, reject) => {
        this.#decide = (verdict) => resolve(this.#reply(verdict));
        this.#giveUp = reject;
      });
    });
  }

  /** Looks at the next bytes after those before them: long pieces take turns. */
  #push(bytes: Buffer, end: boolean): void {
    const judged = chain(this.#judging, () => {
      if (this.#gate === undefined || this.#decide === undefined) return;
      return chain(this.#gate.push(bytes, end), (verdict) => this.#judge(verdict));
    });
    this.#judging = judged;
    if (judged instanceof Promise) judged.catch((error) => this.#giveUp(error));
  }

  #judge(verdict: GateVerdict | undefined): void {
    if (verdict === undefined) return;
    this.#decide?.(verdict);
    this.#decide = undefined;
  }

  #reply(verdict: GateVerdict): EdgeMessage {
    this.#done = verdict.kind === "release";
    return verdictReply("response_headers", verdict);
  }
}

const noBytes = Buffer.alloc(0);
