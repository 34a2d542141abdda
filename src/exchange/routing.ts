import { assert, GatewayError } from "../core/errors.ts";
import { modelFactsOf } from "../plan/model-facts.ts";
import type { Target } from "../plan/plan.ts";
import type { ModelRoute } from "../route/model-route.ts";
import { outsideOf, type Rejected } from "../route/only.ts";
import { type Candidate, type Choosing, order } from "../route/select.ts";
import type { Subject } from "../route/subject.ts";
import { cannotCarry } from "./carrying.ts";
import { inputCountFor } from "./counting.ts";
import { admitted, type Exchange } from "./exchange.ts";
import { isForced, stopOf, whyStopped } from "./stopping.ts";

/** What a client names, or leaves out, to be served by the route of its workflow. */
const anyModel: ReadonlySet<string> = new Set(["", "auto"]);

/** How a request is served: the first rule that matches decides, else the model that the client named; then access, and what was stopped by hand. Throws what refuses it. */
export function findRoute(exchange: Exchange): ModelRoute {
  const { contract, facts } = admitted(exchange);
  const rule = exchange.snapshot.routes.find(subjectOf(exchange));
  exchange.rule = rule;
  const name = rule?.use ?? facts.model;
  const route = exchange.snapshot.model(name);
  if (route === undefined) throw unknownModel(name);
  const named = anyModel.has(facts.model) ? [route.name] : [facts.model, route.name];
  const denied = exchange.snapshot.access(named, exchange.principal, contract);
  if (denied !== undefined) throw denied;
  const stopped = stopOf(exchange, route.name);
  if (stopped !== undefined) throw stopped;
  return route;
}

function unknownModel(name: string): GatewayError {
  const message = anyModel.has(name)
    ? "no route serves this request without a model: name one"
    : `the model "${name.slice(0, 100)}" does not exist here`;
  return new GatewayError("unknown_model", message, { param: "model" });
}

function subjectOf(exchange: Exchange): Subject {
  const { contract, facts } = admitted(exchange);
  const { head, principal, dialect } = exchange;
  return {
    principal,
    contract,
    facts,
    dialect: dialect.name,
    headers: head.headers,
    path: head.path,
    inputTokens: exchange.neutralTokens,
  };
}

/**
 * The targets of a route in the order they are to be tried: filter, then selection, then health. At least one; notes on the exchange
 * which were left out and why. Throws what refuses the request when none is left.
 */
export function chooseTargets(
  exchange: Exchange,
  route: ModelRoute,
  cost: Choosing["cost"],
): readonly [Target, ...Target[]] {
  const rejected: Rejected[] = [];
  const refusals: GatewayError[] = [];
  exchange.rejected = rejected;
  const may = (target: Target): boolean => {
    const refusal = cannotCarry(exchange, target, route.name);
    if (refusal !== undefined) refusals.push(refusal);
    const reason = refusal?.message ?? whyNot(exchange, target) ?? whyStopped(exchange, target, route.name);
    if (reason !== undefined) rejected.push({ target, reason });
    return reason === undefined;
  };
  const candidates = route.candidates.filter(({ target }) => may(target));
  const fallback = route.fallback.filter(may);
  const ordered = order(candidates, route.select, choosingFor(exchange, route, cost));
  const [first, ...others] = open(exchange, route.name, ordered, fallback, rejected);
  if (first === undefined) throw nobody(exchange, route, rejected, refusals);
  return [first, ...others];
}

function choosingFor(exchange: Exchange, { select }: ModelRoute, cost: Choosing["cost"]): Choosing {
  const { health, random } = exchange.services;
  const { contract } = admitted(exchange);
  const key = select.kind === "sticky" ? select.key : [];
  return {
    random: select.kind === "weighted" || select.kind === "least-latency" ? random() : 0,
    stickyText: key.map((name) => contract.field(name) ?? "").join("\n"),
    latencyMs: (target) => health.latencyMs(target),
    busy: (target) => health.busy(target),
    cost,
  };
}

/** Why a target cannot or may not answer this request at all; undefined: it can. No fallback crosses this. */
function whyNot(exchange: Exchange, target: Target): string | undefined {
  const { contract, facts } = admitted(exchange);
  const backend = exchange.snapshot.backends.get(target.backend);
  assert(backend !== undefined, "a route names only backends of its snapshot");
  const sensitivity = contract.field("sensitivity");
  if (
    backend.sensitivity !== undefined &&
    !(sensitivity !== undefined && backend.sensitivity.includes(sensitivity))
  )
    return `it may not be sent what is ${sensitivity ?? "of no stated sensitivity"}`;
  const only = exchange.rule?.only;
  const { region, private: isPrivate } = backend;
  const outside =
    only === undefined
      ? undefined
      : outsideOf(only, target, { provider: backend.provider.type, region, private: isPrivate });
  if (outside !== undefined) return outside;
  const { capabilities, contextTokensMax } = modelFactsOf(target.model);
  if (facts.images > 0 && capabilities?.includes("images") === false) return "it takes no images";
  if (facts.tools > 0 && capabilities?.includes("tools") === false) return "it takes no tools";
  const inputTokens = inputCountFor(exchange, target)?.tokens ?? 0;
  return contextTokensMax !== undefined && inputTokens > contextTokensMax ? tooLong : undefined;
}

const tooLong = "the input is longer than its context window";

/**
 * Leaves out who rests. Where that is everyone, whose rest ends first is tried alone: all of them would be a storm. A route with a
 * single target has nothing to spare it for; one that is forced does not rest.
 */
function open(
  exchange: Exchange,
  routeName: string,
  ordered: readonly Candidate[],
  fallback: readonly Target[],
  rejected: Rejected[],
): readonly Target[] {
  const all = [...ordered.map(({ target }) => target), ...fallback];
  if (all.length < 2) return all;
  const { health, clock } = exchange.services;
  const nowMs = clock.monotonicMs();
  const resting: { readonly target: Target; readonly untilMs: number }[] = [];
  const awake: Target[] = [];
  for (const target of all) {
    const standing = health.standing(target, nowMs);
    if (standing.kind !== "resting" || isForced(exchange, target, routeName)) awake.push(target);
    else {
      resting.push({ target, untilMs: standing.untilMs });
      rejected.push({ target, reason: `it rests: ${standing.why}` });
    }
  }
  if (awake.length > 0) return awake;
  resting.sort((a, b) => a.untilMs - b.untilMs);
  return resting.slice(0, 1).map(({ target }) => target);
}

function nobody(
  exchange: Exchange,
  route: ModelRoute,
  rejected: readonly Rejected[],
  refusals: readonly GatewayError[],
): GatewayError {
  const [refusal] = refusals;
  // Nothing but the request itself stands in the way.
  if (refusal !== undefined && refusals.length === rejected.length) return refusal;
  if (rejected.every(({ reason }) => reason === tooLong))
    return new GatewayError("context_length_exceeded", `the input is too long for model "${route.name}"`, {
      param: "model",
    });
  // Which backends there are is not the client's business.
  const why = [...new Set(rejected.map(({ reason }) => reason))].join("; ");
  const rule = exchange.rule === undefined ? "" : ` (${exchange.rule.name})`;
  return new GatewayError(
    "no_backend",
    `no target of model "${route.name}" may answer this request${rule}: ${why}`,
  );
}
