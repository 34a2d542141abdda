import { GatewayError } from "../core/errors.ts";
import { chain, type MaybePromise } from "../core/maybe-promise.ts";
import type { Claim, Refused, Taken } from "../ledger/ledger.ts";
import type { Plan } from "../plan/plan.ts";
import { refusal } from "../policy/refusal.ts";
import { admitted, type Exchange } from "./exchange.ts";
import { encodeAttempt } from "./forwarding.ts";
import { errorReply } from "./local-reply.ts";
import type { Outcome } from "./outcome.ts";
import { makePlan, planOffers } from "./planning.ts";

/**
 * Admits a request with its whole body, or refuses it: inspect → contract → route → access → plan → caps → count → claims → one
 * reserve over all offers → attempt 1 encoded. Never throws; every refusal is the client's answer.
 */
export function admit(exchange: Exchange, body: Buffer): MaybePromise<Outcome> {
  try {
    const offers = judge(exchange, body);
    const started = exchange.services.clock.monotonicMs();
    const reserved = exchange.services.ledger.reserve(
      exchange.id,
      offers.map((offer) => offer.claims),
    );
    const outcome = chain(reserved, (result) => {
      exchange.stages.reserve = exchange.services.clock.monotonicMs() - started;
      return take(exchange, offers, result);
    });
    return outcome instanceof Promise ? outcome.catch((error) => refuse(exchange, error)) : outcome;
  } catch (error) {
    return refuse(exchange, error);
  }
}

/** Answers a request here, in the client's dialect, and notes why. Anything but a {@link GatewayError} is a bug: it fails closed. */
export function refuse(exchange: Exchange, thrown: unknown): Outcome {
  const error = GatewayError.from(thrown);
  if (!(thrown instanceof GatewayError)) exchange.services.observer.bug(thrown, exchange.id);
  exchange.end(error.code === "internal" ? "internal" : "denied", error.code);
  exchange.responseStatus = error.status;
  exchange.releaseOriginal();
  return { kind: "reply", reply: errorReply(exchange, error) };
}

interface Offer {
  readonly plan: Plan;
  readonly claims: readonly Claim[];
}

function judge(exchange: Exchange, body: Buffer): readonly Offer[] {
  const { clock } = exchange.services;
  const started = clock.monotonicMs();
  receive(exchange, body);
  const facts = exchange.dialect.inspect(body, exchange.operation);
  exchange.facts = facts;
  const { headers } = exchange.head;
  const requestId = headers.get("x-request-id");
  const contract = exchange.snapshot.contract.read({
    headers,
    fields: facts.fields,
    principal: exchange.principal,
    requestId,
  });
  exchange.contract = contract;
  const route = exchange.snapshot.model(facts.model);
  if (route === undefined) {
    throw new GatewayError("unknown_model", `the model "${facts.model.slice(0, 100)}" does not exist here`, {
      param: "model",
    });
  }
  exchange.route = route;
  const denied = exchange.snapshot.access([facts.model, route.name], exchange.principal, contract);
  if (denied !== undefined) throw denied;
  exchange.advance("admitted");
  const routed = clock.monotonicMs();
  exchange.stages.route = routed - started;
  const plan = makePlan(exchange, route, exchange.snapshot.caps(exchange.principal, contract));
  exchange.stages.count = clock.monotonicMs() - routed;
  return planOffers(plan).map((offer) => ({ plan: offer, claims: claimsOf(exchange, offer) }));
}

/** Refuses by the headers alone what would be refused with its body too, so that the body is never read. */
export function preview(exchange: Exchange): Outcome | undefined {
  try {
    const { headers } = exchange.head;
    const encoding = headers.get("content-encoding");
    if (encoding !== undefined && encoding !== "identity") {
      throw new GatewayError("encoded_body", "send the body without a content-encoding");
    }
    checkSize(Number(headers.get("content-length") ?? 0), exchange.snapshot.listen.bodyLimitBytes);
    return undefined;
  } catch (error) {
    return refuse(exchange, error);
  }
}

function checkSize(bytes: number, limitBytes: number): void {
  if (bytes <= limitBytes) return;
  throw new GatewayError("body_too_large", `the body has ${bytes} bytes; at most ${limitBytes} are allowed`);
}

/** Checks what the headers could not say, and keeps the body for later attempts within the bound on all of them. */
function receive(exchange: Exchange, body: Buffer): void {
  const { snapshot, services } = exchange;
  exchange.bytesIn = body.length;
  checkSize(body.length, snapshot.listen.bodyLimitBytes);
  if (!services.originals.take(body.length))
    throw new GatewayError("capacity", "too many request bytes are in flight");
  exchange.original = body;
  exchange.originalHeldBytes = body.length;
}

/** What every policy claims for a plan. Throws the first denial. */
export function claimsOf(exchange: Exchange, plan: Plan): readonly Claim[] {
  const { principal, services, snapshot } = exchange;
  const { contract, facts } = admitted(exchange);
  const admission = {
    principal,
    field: (name: string) => (name === "model" ? facts.model : contract.field(name)),
    plan,
    nowMs: services.clock.nowMs(),
  };
  const claims: Claim[] = [];
  for (const policy of snapshot.policies) {
    const verdict = policy.judge(admission);
    if (verdict.kind === "deny") throw verdict.error;
    claims.push(...verdict.claims);
  }
  return claims;
}

function take(exchange: Exchange, offers: readonly Offer[], result: Taken | Refused): MaybePromise<Outcome> {
  if (result.kind === "refused") return refuse(exchange, refusal(result, exchange.services.clock.nowMs()));
  const offer = offers[result.offer];
  if (offer === undefined) throw new Error(`the ledger took offer ${result.offer} of ${offers.length}`);
  exchange.plan = offer.plan;
  exchange.claims = offer.claims;
  if (exchange.closing.over) return leave(exchange);
  exchange.advance("forwarded");
  return encodeAttempt(exchange, 1);
}

/** The client left while the ledger was asked: nothing leaves, and the hold is settled at nothing. */
function leave(exchange: Exchange): Outcome {
  exchange.end("downstream_reset");
  return {
    kind: "reply",
    reply: errorReply(exchange, new GatewayError("shutting_down", "the client has left")),
  };
}
