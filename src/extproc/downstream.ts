import type { Snapshot } from "../config/snapshot.ts";
import { assert, GatewayError } from "../core/errors.ts";
import { chain, type MaybePromise } from "../core/maybe-promise.ts";
import { admit, preview } from "../exchange/admission.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { open } from "../exchange/opening.ts";
import type { Outcome } from "../exchange/outcome.ts";
import { endBody, passBody, respond } from "../exchange/responding.ts";
import type { Services } from "../exchange/services.ts";
import { noteStopped, stoppedReply } from "../exchange/stopping.ts";
import type { HttpBody, HttpHeaders, ProcessingRequest } from "./codec/processing-request.ts";
import { continueReplies, encodeBodyReply, encodeHeadersReply } from "./codec/processing-response.ts";
import { forwardReply, localReply } from "./replies.ts";
import type { Role, RoleLine } from "./role.ts";

/** How long a stopped answer may stay silent: an error can be told behind its next piece, and behind nothing else. */
const stopGraceMs = 250;

/** The role downstream: one stream for each request, from its headers to the end of its answer. */
export class DownstreamRole implements Role {
  readonly done = false;
  readonly #services: Services;
  readonly #snapshot: Snapshot;
  #exchange: Exchange | undefined;
  #line: RoleLine | undefined;
  #stopTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(services: Services, snapshot: Snapshot) {
    this.#services = services;
    this.#snapshot = snapshot;
  }

  get cut(): boolean {
    return this.#exchange?.cut ?? false;
  }

  attach(line: RoleLine): void {
    this.#line = line;
  }

  on(message: ProcessingRequest): MaybePromise<Uint8Array> {
    switch (message.kind) {
      case "request_headers":
        return this.#open(message);
      case "request_body":
        return this.#admit(message.body, "request_body");
      case "response_headers":
        return this.#respond(message);
      case "response_body":
        return this.#pass(message);
      case "response_trailers":
        if (this.#exchange !== undefined) endBody(this.#exchange);
        return continueReplies.response_trailers;
      case "request_trailers":
        return continueReplies.request_trailers;
    }
  }

  fail(error: GatewayError): Uint8Array {
    const exchange = this.#exchange;
    exchange?.end("internal", error.code);
    return localReply((exchange?.dialect ?? this.#firstDialect()).encodeError(error, exchange?.id ?? ""));
  }

  closed(): void {
    this.#closed = true;
    clearTimeout(this.#stopTimer);
    this.#exchange?.closing.close();
  }

  #open(message: HttpHeaders): MaybePromise<Uint8Array> {
    const { headers } = message;
    const head = {
      method: headers.get(":method") ?? "",
      path: headers.get(":path") ?? "",
      headers,
      endOfStream: message.endOfStream,
    };
    return chain(open(this.#services, this.#snapshot, head), (opened) => {
      if (opened.kind === "reply") return localReply(opened.reply);
      this.#exchange = opened.exchange;
      opened.exchange.onStopped = (why) => this.#stop(why);
      if (this.#closed) opened.exchange.closing.close();
      const refused = preview(opened.exchange);
      if (refused?.kind === "reply") return localReply(refused.reply);
      return message.endOfStream ? this.#admit(noBytes, "request_headers") : continueReplies.request_headers;
    });
  }

  #admit(body: Buffer, kind: "request_headers" | "request_body"): MaybePromise<Uint8Array> {
    const exchange = this.#required();
    const { closing } = exchange;
    closing.began();
    return chain(admit(exchange, body), (outcome) => {
      closing.ended();
      return encodeOutcome(outcome, kind);
    });
  }

  #respond(message: HttpHeaders): Uint8Array {
    const outcome = respond(this.#required(), {
      status: Number(message.headers.get(":status")),
      headers: message.headers,
      endOfStream: message.endOfStream,
      codeDetails: String(message.attribute("response.code_details") ?? ""),
      attempt: Number(message.attribute("upstream.request_attempt_count") ?? 0),
    });
    if (outcome.kind === "reply") return localReply(outcome.reply);
    return encodeHeadersReply({ kind: "response_headers", edits: outcome.headers });
  }

  #pass(message: HttpBody): MaybePromise<Uint8Array> {
    const exchange = this.#required();
    const out = passBody(exchange, message.body, message.endOfStream);
    return chain(out, (bytes) => this.#replyBody(message, bytes));
  }

  /** Nothing of the answer has passed: the client gets an error in its place. Else the next piece is the last; where none comes, only a break is left. */
  #stop(why: GatewayError): void {
    const exchange = this.#required();
    if (exchange.phase === "forwarded") {
      this.#line?.finish(localReply(stoppedReply(exchange, why)));
      return;
    }
    this.#stopTimer = setTimeout(() => {
      noteStopped(exchange, why);
      this.#line?.breakOff();
    }, stopGraceMs);
  }

  #replyBody(message: HttpBody, out: Buffer): Uint8Array {
    const exchange = this.#required();
    // A reply to the last piece would end the answer as if it were whole.
    if (exchange.cut && message.endOfStream)
      throw new GatewayError("upstream_invalid", "the answer is broken");
    if (out === message.body) return continueReplies.response_body;
    return encodeBodyReply({
      kind: "response_body",
      body: out.length === 0 ? { kind: "clear" } : { kind: "replace", bytes: out },
    });
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

function encodeOutcome(outcome: Outcome, kind: "request_headers" | "request_body"): Uint8Array {
  return outcome.kind === "reply" ? localReply(outcome.reply) : forwardReply(outcome, kind);
}

const noBytes = Buffer.alloc(0);
