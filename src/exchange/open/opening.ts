import { attributesOf } from "../../condition/attributes-of.ts";
import type { Snapshot } from "../../config/snapshot.ts";
import { GatewayError } from "../../core/errors.ts";
import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import { uuidv7 } from "../../core/uuid.ts";
import type { Dialect, LocalReply, Operation } from "../../dialect/dialect.ts";
import { dialectOfClient } from "../../dialect/dialect-of-client.ts";
import { networkOf } from "../../identity/credential-failures.ts";
import { identify } from "../../identity/identify.ts";
import { credentialOf } from "../../identity/identity.ts";
import type { Principal } from "../../identity/principal.ts";
import { Exchange, type Opening, type RequestHead } from "../state/exchange.ts";
import type { Services } from "../state/services.ts";
import { spend } from "../state/stages.ts";
import { accessRefusal } from "./access.ts";

/** A request whose caller is known, or the answer it gets without becoming an exchange. */
export type Opened =
  | { readonly kind: "exchange"; readonly exchange: Exchange }
  | { readonly kind: "reply"; readonly reply: LocalReply };

/** Opens the exchange of a request's first message: path and method to dialect, credential to principal. Nothing of the body is read. */
export function open(services: Services, snapshot: Snapshot, head: RequestHead): MaybePromise<Opened> {
  const openedMs = services.clock.monotonicMs();
  const id = uuidv7(services.clock.nowMs());
  if (asksForHealth(head, snapshot)) return { kind: "reply", reply: healthReply(services.isReady()) };
  const match = matchDialect(services.dialects, head);
  if (match === undefined) {
    const error = new GatewayError("unknown_path", `no such endpoint: ${head.method} ${pathOf(head)}`);
    return turnAway(services, dialectOfClient(services.dialects, head.headers), error, id);
  }
  const { dialect, operation } = match;
  const identified = identify(snapshot.identities, credentialOf(head.headers), services.clock.nowMs());
  return chain(identified, (principal) => {
    if (principal instanceof GatewayError)
      return turnAway(services, dialect, throttled(services, head, principal), id);
    if (operation.local === "models")
      return showModels(services, { snapshot, head, operation, principal, id });
    if (!services.registry.hasRoom(principal.tenantId)) {
      return turnAway(services, dialect, new GatewayError("capacity", "too many requests are open"), id);
    }
    return enter(services, { id, snapshot, head, dialect, operation, principal, openedMs });
  });
}

/** Probes of load balancers, which have no key. */
function asksForHealth(head: RequestHead, { listen: { healthPath } }: Snapshot): boolean {
  return (head.method === "GET" || head.method === "HEAD") && pathOf(head) === healthPath;
}

/** It passed Envoy and reached us: what is not ready is told from what is away by its status alone. */
function healthReply(isReady: boolean): LocalReply {
  return {
    status: isReady ? 200 : 503,
    headers: [["content-type", "text/plain"]],
    body: Buffer.from(isReady ? "ok\n" : "not ready\n"),
  };
}

function enter(services: Services, opening: Opening): Opened {
  const exchange = new Exchange(services, opening, services);
  spend(exchange.stages, "identify", opening.openedMs, services.clock);
  services.registry.add(exchange);
  return { kind: "exchange", exchange };
}

/** The list of models, or one of them, in the format of the SDK that asks. It costs nothing, so there is no exchange. */
function showModels(
  services: Services,
  { snapshot, head, operation: { model }, principal, id }: Omit<Opening, "dialect" | "openedMs">,
): Opened {
  const asked = dialectOfClient(services.dialects, head.headers);
  const listers = services.dialects.filter((one) => one.match(head.method, head.path)?.local === "models");
  const lister = listers.includes(asked) ? asked : listers[0];
  const mayUse = usableBy(snapshot, head, principal);
  if (mayUse instanceof GatewayError) return turnAway(services, lister ?? asked, mayUse, id);
  if (lister !== undefined && model !== undefined && !mayUse(model)) {
    const error = new GatewayError("unknown_model", "no such model", { param: "model" });
    return turnAway(services, lister, error, id);
  }
  const reply =
    model === undefined
      ? lister?.encodeModels?.(snapshot.models().filter(mayUse))
      : lister?.encodeModel?.(model);
  if (reply === undefined) throw new Error("a dialect offers a list of models and cannot encode one");
  return { kind: "reply", reply };
}

/** True if a model of that name exists and this caller may use it; or the error of an invalid contract. */
function usableBy(
  snapshot: Snapshot,
  { headers }: RequestHead,
  principal: Principal,
): ((model: string) => boolean) | GatewayError {
  try {
    const requestId = headers.get("x-request-id");
    const contract = snapshot.contract.read({ headers, fields: new Map(), principal, requestId });
    const attributes = attributesOf({ principal, contract, headers, request: undefined });
    return (model) => {
      const route = snapshot.model(model);
      return route !== undefined && accessRefusal({ snapshot, attributes }, [model], route) === undefined;
    };
  } catch (error) {
    return GatewayError.from(error);
  }
}

/** The refusal of a credential, or, where too many have failed from there, when to try again. A missing one is no guess. */
function throttled(
  services: Services,
  { headers, source = "" }: RequestHead,
  refusal: GatewayError,
): GatewayError {
  const credential = credentialOf(headers);
  if (credential === undefined) return refusal;
  const failure = services.credentialFailures.note(source, credential, services.clock.monotonicMs());
  if (failure.kind === "refused") return refusal;
  if (failure.tell) services.observer.guessing(networkOf(source));
  const { retryAfterMs } = failure;
  return new GatewayError("rate_limit", "too many unknown API keys from this address: try again later", {
    retryAfterMs,
  });
}

function turnAway(services: Services, dialect: Dialect, error: GatewayError, id: string): Opened {
  services.observer.turnedAway(error.code);
  return { kind: "reply", reply: dialect.encodeError(error, id) };
}

function matchDialect(
  dialects: readonly Dialect[],
  head: RequestHead,
): { readonly dialect: Dialect; readonly operation: Operation } | undefined {
  for (const dialect of dialects) {
    const operation = dialect.match(head.method, head.path);
    if (operation !== undefined) return { dialect, operation };
  }
  return undefined;
}

/** The path without its query: a query may hold a credential. */
function pathOf(head: RequestHead): string {
  const query = head.path.indexOf("?");
  return (query === -1 ? head.path : head.path.slice(0, query)).slice(0, 200);
}
