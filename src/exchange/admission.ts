import { chain, type MaybePromise } from "../core/maybe-promise.ts";
import { inputCountFor } from "./admit/counting.ts";
import { examineHeaders } from "./admit/examining.ts";
import { firstStep } from "./admit/ladder.ts";
import { makePlan } from "./admit/planning.ts";
import { leave, refuse } from "./admit/refusing.ts";
import { reserve } from "./admit/reserving.ts";
import { type Routed, routeAndCount } from "./admit/route-and-count.ts";
import { stopSince } from "./admit/stopping.ts";
import { Deadlines } from "./answer/deadlines.ts";
import { encodeAttempt } from "./attempt/forwarding.ts";
import type { Exchange, Forwarded } from "./state/exchange.ts";
import { replyHeaders } from "./state/local-reply.ts";
import type { Outcome, Reply } from "./state/outcome.ts";

/** Refuses by the headers alone what would be refused with its body too. Undefined to go on. Never throws. */
export function preview(exchange: Exchange): Reply | undefined {
  try {
    examineHeaders(exchange);
    return undefined;
  } catch (error) {
    return refuse(exchange, error);
  }
}

/**
 * Admits a request with its whole body, or refuses it: inspect → contract → route → access → count → plan with caps → claims → reserve
 * over all offers → attempt 1 encoded. Never throws; every refusal is the client's answer.
 */
export function admit(exchange: Exchange, body: Buffer): MaybePromise<Outcome> {
  try {
    const outcome = judge(exchange, body);
    return outcome instanceof Promise ? outcome.catch((error) => refuse(exchange, error)) : outcome;
  } catch (error) {
    return refuse(exchange, error);
  }
}

function judge(exchange: Exchange, body: Buffer): MaybePromise<Outcome> {
  return chain(routeAndCount(exchange, body), (routed) => {
    if (routed === undefined) return leave(exchange);
    if (exchange.operation.local === "token_count") return answerCount(routed);
    const { admitted, route } = routed;
    return chain(reserve(admitted, firstStep(makePlan(admitted, route))), (reserved) =>
      reserved.kind === "held" ? send(reserved.forwarded) : reserved,
    );
  });
}

/** Answers with the request's tokens, by the counter of the first target that would serve it. Nothing leaves and nothing is held. */
function answerCount({ admitted, route }: Routed): Reply {
  const { exchange } = admitted;
  const [target] = route.targets;
  const count = target === undefined ? undefined : inputCountFor(admitted, target);
  const reply = exchange.dialect.encodeTokenCount?.(count?.tokens ?? 0);
  if (reply === undefined)
    throw new Error(`${exchange.dialect.name} offers a token count and cannot encode one`);
  exchange.end("completed");
  exchange.answer.reply(reply.status);
  return { kind: "reply", reply: { ...reply, headers: [...reply.headers, ...replyHeaders(exchange)] } };
}

/** The request leaves, unless its client has left, or what it needs was stopped while its price was being held. */
function send(forwarded: Forwarded): MaybePromise<Outcome> {
  const { admitted, exchange, plan } = forwarded;
  if (exchange.closing.over) return leave(exchange);
  const [first] = plan.targets;
  const stopped = first === undefined ? undefined : stopSince(forwarded, first.target);
  if (stopped !== undefined) return refuse(exchange, stopped);
  if (admitted.retriesWithheld) exchange.services.observer.retriesWithheld();
  forwarded.deadlines = new Deadlines(forwarded);
  return encodeAttempt(forwarded, 1);
}
