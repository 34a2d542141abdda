import type { Snapshot } from "../config/snapshot.ts";
import { assert, GatewayError, unreachable } from "../core/errors.ts";
import type { HeaderEdits } from "../core/headers.ts";
import { chain, type MaybePromise } from "../core/maybe-promise.ts";
import type { EdgeMessage } from "../edge/edge.ts";
import { admit, preview } from "../exchange/admission.ts";
import { refuse } from "../exchange/admit/refusing.ts";
import { brokenReply, passBody } from "../exchange/answer/passing.ts";
import { respond } from "../exchange/answer/responding.ts";
import { freeSlots } from "../exchange/answer/slots.ts";
import { open } from "../exchange/open/opening.ts";
import { type Receipt, receive } from "../exchange/open/receiving.ts";
import type { Exchange } from "../exchange/state/exchange.ts";
import type { Interruptible, Interruption } from "../exchange/state/interruption.ts";
import type { Outcome, ResponseHead } from "../exchange/state/outcome.ts";
import type { Services } from "../exchange/state/services.ts";
import type { HttpHeaders, ProcessingRequest } from "./codec/processing-request.ts";
import { continueReplies, encodeHeadersReply } from "./codec/processing-response.ts";
import { answerSource } from "./proxy-answer.ts";
import { bodyReply, forwardReply, localReply, seenReply } from "./replies.ts";
import type { Role, RoleLine } from "./role.ts";

/** Of an answer that passes as it is; one that is translated is held by what translates it. */
const heldBytesMax = 1 << 20;

/** The role downstream: one stream for each request, from its headers to the end of its answer. */
export class DownstreamRole implements Role, Interruptible {
  readonly done = false;
  readonly mayBeginWithResponse = true;
  readonly #services: Services;
  readonly #snapshot: Snapshot;
  #exchange: Exchange | undefined;
  #receipt: Receipt | undefined;
  #heldHeaders: HeaderEdits = { set: [], remove: [] };
  readonly #heldBody: Buffer[] = [];
  #heldBytes = 0;
  #line: RoleLine | undefined;
  #closed = false;

  constructor(services: Services, snapshot: Snapshot) {
    this.#services = services;
    this.#snapshot = snapshot;
  }

  get last(): boolean {
    return this.#exchange?.answer.isBroken === true;
  }

  attach(line: RoleLine): void {
    this.#line = line;
  }

  on(message: ProcessingRequest): MaybePromise<EdgeMessage | undefined> {
    switch (message.kind) {
      case "request_headers":
        return this.#open(message);
      case "request_body":
        return this.#admit(message.body, "request_body");
      case "response_headers":
        return this.#respond(message);
      case "response_body":
        return this.#pass(message.body, message.endOfStream);
      case "response_trailers":
        // The end all the same: a provider's trailers are not its client's.
        return this.#pass(noBytes, true);
      case "request_trailers":
        return continueReplies.request_trailers;
    }
  }

  fail(error: GatewayError): EdgeMessage {
    const exchange = this.#exchange;
    exchange?.end("internal", error.code);
    return localReply((exchange?.dialect ?? this.#firstDialect()).encodeError(error, exchange?.id ?? ""));
  }

  closed(): void {
    this.#closed = true;
    this.#receipt?.end();
    this.#exchange?.closing.close();
  }

  /** Said at once: Envoy takes it though it has asked nothing, and closes the upstream. */
  interrupt(word: Interruption): void {
    if (this.#exchange !== undefined) freeSlots(this.#exchange);
    switch (word.kind) {
      case "reply":
        this.#line?.finish(localReply(word.reply));
        return;
      case "last":
        this.#line?.finish(bodyReply(word.bytes, true));
        return;
      default:
        unreachable(word);
    }
  }

  #open(message: HttpHeaders): MaybePromise<EdgeMessage> {
    checkMode(message);
    const { headers } = message;
    const head = {
      method: headers.get(":method") ?? "",
      path: headers.get(":path") ?? "",
      headers,
      endOfStream: message.endOfStream,
      source: String(message.attribute("source.address") ?? ""),
    };
    return chain(open(this.#services, this.#snapshot, head), (opened) => {
      if (opened.kind === "reply") return localReply(opened.reply);
      this.#exchange = opened.exchange;
      opened.exchange.downstream = this;
      if (this.#closed) opened.exchange.closing.close();
      const refused = preview(opened.exchange);
      if (refused?.kind === "reply") return localReply(refused.reply);
      return message.endOfStream ? this.#admit(noBytes, "request_headers") : this.#receive(opened.exchange);
    });
  }

  /** Lets the body come, once there is room for it; one that comes too slowly is refused in the middle, which Envoy takes unasked. */
  #receive(exchange: Exchange): EdgeMessage {
    const receipt = receive(exchange, (late) => this.#line?.finish(refusalOf(exchange, late)));
    if (receipt instanceof GatewayError) return refusalOf(exchange, receipt);
    this.#receipt = receipt;
    if (this.#closed) receipt.end();
    return seenReply;
  }

  #admit(body: Buffer, kind: "request_headers" | "request_body"): MaybePromise<EdgeMessage> {
    const exchange = this.#required();
    const { closing } = exchange;
    this.#receipt?.end();
    closing.began();
    return chain(admit(exchange, body), (outcome) => {
      closing.ended();
      return encodeOutcome(outcome, kind);
    });
  }

  #respond(message: HttpHeaders): EdgeMessage | undefined {
    // Envoy refuses what is no proper HTTP by itself, before we have seen any of it: the answer is its own.
    if (this.#exchange === undefined) return continueReplies.response_headers;
    const outcome = respond(this.#exchange, responseHead(message));
    if (outcome.kind === "reply") {
      freeSlots(this.#exchange);
      return localReply(outcome.reply);
    }
    if (outcome.kind === "hold") {
      this.#heldHeaders = outcome.headers;
      return undefined;
    }
    return encodeHeadersReply({ kind: "response_headers", edits: outcome.headers });
  }

  #pass(chunk: Buffer, end: boolean): MaybePromise<EdgeMessage | undefined> {
    if (this.#exchange === undefined) return bodyReply(chunk, end);
    const out = passBody(this.#required(), chunk, end);
    return out instanceof Promise ? out.then((bytes) => this.#sendOn(bytes, end)) : this.#sendOn(out, end);
  }

  #sendOn(bytes: Buffer, end: boolean): EdgeMessage | undefined {
    const exchange = this.#required();
    if (exchange.answer.end === "cut") {
      freeSlots(exchange);
      return localReply(brokenReply(exchange));
    }
    const last = end || exchange.answer.end === "told";
    if (last) freeSlots(exchange);
    if (exchange.answer.isHeld) return this.#hold(exchange, bytes, last);
    return bytes.length === 0 && !last ? undefined : bodyReply(bytes, last);
  }

  /** Holds an answer until it is whole, or more than is held. */
  #hold(exchange: Exchange, bytes: Buffer, last: boolean): EdgeMessage | undefined {
    this.#heldBytes += bytes.length;
    if (bytes.length > 0) this.#heldBody.push(bytes);
    if (!last && this.#heldBytes <= heldBytesMax) return undefined;
    const [only = noBytes, ...more] = this.#heldBody.splice(0);
    const whole = more.length === 0 ? only : Buffer.concat([only, ...more]);
    return this.#release(exchange, whole, last);
  }

  /** Lets an answer go that was held: its headers first. */
  #release(exchange: Exchange, bytes: Buffer, last: boolean): EdgeMessage {
    const { set, remove } = this.#heldHeaders;
    const edits = { set: [...set, ...exchange.answer.release()], remove };
    this.#line?.send(encodeHeadersReply({ kind: "response_headers", edits }));
    return bodyReply(bytes, last);
  }

  #required(): Exchange {
    assert(this.#exchange !== undefined, "request headers come first");
    return this.#exchange;
  }

  #firstDialect() {
    const [dialect] = this.#services.dialects;
    assert(dialect !== undefined, "there is at least one dialect");
    return dialect;
  }
}

function responseHead(message: HttpHeaders): ResponseHead {
  const { endOfStream, headers } = message;
  const status = Number(headers.get(":status"));
  const attempt = Number(message.attribute("upstream.request_attempt_count") ?? 0);
  const details = String(message.attribute("response.code_details") ?? "");
  return { status, headers, endOfStream, attempt, source: answerSource(status, details, attempt === 0) };
}

/** An Envoy configured for an older Tollgate would misunderstand our replies in the middle of answers. */
function checkMode(message: HttpHeaders): void {
  const mode = message.responseBodyMode();
  if (mode === undefined || mode === "full_duplex_streamed") return;
  throw new Error(
    `Envoy's filter tollgate.downstream has response_body_mode ${mode}, not full_duplex_streamed: write its configuration anew with \`tollgate envoy\``,
  );
}

function encodeOutcome(outcome: Outcome, kind: "request_headers" | "request_body"): EdgeMessage {
  return outcome.kind === "reply" ? localReply(outcome.reply) : forwardReply(outcome, kind);
}

/** The refusal of a request whose body nobody will read. */
function refusalOf(exchange: Exchange, error: GatewayError): EdgeMessage {
  return encodeOutcome(refuse(exchange, error), "request_headers");
}

const noBytes = Buffer.alloc(0);
