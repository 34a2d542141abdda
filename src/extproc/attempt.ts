import { assert, GatewayError } from "../core/errors.ts";
import { chain, type MaybePromise } from "../core/maybe-promise.ts";
import type { EdgeMessage } from "../edge/edge.ts";
import { attemptAt } from "../exchange/attempt/attempt-at.ts";
import { retry } from "../exchange/attempt/retrying.ts";
import type { Attempt } from "../exchange/state/attempt.ts";
import type { Exchange, Forwarded } from "../exchange/state/exchange.ts";
import type { Services } from "../exchange/state/services.ts";
import { planNamespace } from "../plan/metadata.ts";
import type { ProcessingRequest } from "./codec/processing-request.ts";
import { continueReplies } from "./codec/processing-response.ts";
import { attemptReply, localReply } from "./replies.ts";
import type { Role } from "./role.ts";

/** The role attempt: one stream for each upstream try after the first, encoded anew for its own target. The first goes as it was encoded downstream. */
export class AttemptRole implements Role {
  readonly last = false;
  readonly done = false;
  readonly #services: Services;
  #exchange: Exchange | undefined;
  #number = 0;

  constructor(services: Services) {
    this.#services = services;
  }

  on(message: ProcessingRequest): MaybePromise<EdgeMessage> {
    if (message.kind !== "request_headers") return continueReplies[message.kind];
    const id = String(message.metadata(planNamespace, "id") ?? "");
    const exchange = this.#services.registry.get(id);
    if (exchange === undefined) {
      this.#services.observer.unknownExchange(this.#services.registry.wasClosed(id));
      return this.fail(new GatewayError("internal", "the exchange of this attempt is not open"));
    }
    this.#exchange = exchange;
    exchange.closing.began();
    const number = Number(message.attribute("upstream.request_attempt_count") ?? 0);
    this.#number = number;
    if (number === 1) return continueReplies.request_headers;
    const cluster = String(message.attribute("xds.cluster_name") ?? "");
    return chain(retry(exchange, number, cluster), (outcome) =>
      outcome.kind === "reply" ? localReply(outcome.reply) : attemptReply(outcome),
    );
  }

  /** The attempt, and the exchange it belongs to. Asking before it has begun is a bug. */
  get begun(): { readonly forwarded: Forwarded; readonly attempt: Attempt } {
    const forwarded = this.#exchange?.forwarded;
    assert(forwarded !== undefined, "request headers come first");
    return { forwarded, attempt: attemptAt(forwarded, this.#number) };
  }

  fail(error: GatewayError): EdgeMessage {
    const exchange = this.#exchange;
    if (exchange !== undefined) {
      exchange.end("internal", error.code);
      return localReply(exchange.dialect.encodeError(error, exchange.id));
    }
    return localReply({
      status: 503,
      headers: [["content-type", "application/json"]],
      body: unknownExchange,
    });
  }

  closed(): void {
    this.#exchange?.closing.ended();
  }
}

const unknownExchange = Buffer.from(
  '{"error":{"message":"the exchange of this attempt is not open","type":"internal","param":null,"code":"internal"}}',
);
