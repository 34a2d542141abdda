import { assert, GatewayError } from "../../core/errors.ts";
import { keepsWork, workOfModel } from "../../plan/model-kind.ts";
import type { Target } from "../../plan/plan.ts";
import type { EjectionReason } from "../../route/health.ts";
import type { ModelRoute } from "../../route/model-route.ts";
import { outsideOf, type Rejected } from "../../route/only.ts";
import { type Candidate, type Choosing, order } from "../../route/select.ts";
import { accessRefusal, type Caller, targetRefusal } from "../open/access.ts";
import type { Admitted } from "../state/exchange.ts";
import { reasonOfEjection } from "../state/fallback.ts";
import { cannotHold } from "./affordable.ts";
import { cannotDo } from "./capability.ts";
import { contextWindowOf } from "./context-window.ts";
import { inputCountFor } from "./counting.ts";
import { isForced, stopOf, whyStopped } from "./stopping.ts";
import { cannotCarry, transportOf } from "./transports.ts";

/** Model names, besides a missing one, that leave the model to the route of the workflow. */
const anyModel: ReadonlySet<string> = new Set(["", "auto"]);

/** The route of a request: the first rule that matches decides, else the model that the client named; then access and stops. Throws the refusal. */
export function findRoute(admitted: Admitted): ModelRoute {
  const { facts } = admitted;
  const attributes = admitted.attributes;
  const rule = admitted.exchange.snapshot.routes.find(attributes);
  admitted.rule = rule;
  admitted.bounds = admitted.exchange.snapshot.bounds.matching(attributes);
  const name = rule?.use !== undefined && mayUse(admitted, rule.use) ? rule.use : facts.model;
  const route = admitted.exchange.snapshot.model(name);
  if (route === undefined) throw unknownModel(name);
  const named = anyModel.has(facts.model) ? [route.name] : [facts.model, route.name];
  const denied = accessRefusal(callerOf(admitted), named, route);
  if (denied !== undefined) throw denied;
  const stopped = stopOf(admitted, route.name);
  if (stopped !== undefined) throw stopped;
  return route;
}

/** True if the rule's model does the same kind of work as the client's: a rule for chats must not answer an embedding in other vectors. */
function mayUse({ exchange: { snapshot, dialect }, facts }: Admitted, use: string): boolean {
  const asked = facts.model;
  const used = snapshot.model(use)?.targets.map(({ model }) => model) ?? [];
  const named = snapshot.model(asked)?.targets.map(({ model }) => model);
  const unknown = anyModel.has(asked) || workOfModel(asked) === undefined ? [] : [asked];
  return keepsWork(dialect.work, named ?? unknown, used);
}

function callerOf(admitted: Admitted): Caller {
  return { snapshot: admitted.exchange.snapshot, attributes: admitted.attributes };
}

function unknownModel(name: string): GatewayError {
  const message = anyModel.has(name)
    ? "no route serves this request without a model: name one"
    : `the model "${name.slice(0, 100)}" does not exist here`;
  return new GatewayError("unknown_model", message, { param: "model" });
}

/**
 * The targets of a route in the order they are to be tried: filter, then selection, then health. At least one. Notes which targets
 * were left out, and why. Throws the refusal when none is left, naming the client's field if one is at fault.
 */
export function chooseTargets(
  admitted: Admitted,
  route: ModelRoute,
  cost: Choosing["cost"],
): readonly [Target, ...Target[]] {
  const rejected: Rejected[] = [];
  admitted.passedOver = undefined;
  const refusals: GatewayError[] = [];
  let stopped = false;
  admitted.rejected = rejected;
  const caller = callerOf(admitted);
  const may = (target: Target): boolean => {
    const closed = targetRefusal(caller, route, target) !== undefined;
    const bound = closed ? "its model is not for this caller" : outOfBounds(admitted, target);
    const refusal = bound === undefined ? refusalBy(admitted, target, route) : undefined;
    if (refusal !== undefined) refusals.push(refusal);
    const lasting = bound ?? refusal?.message ?? tooLongFor(admitted, target);
    const reason = lasting ?? whyStopped(admitted, target, route.name);
    if (reason === undefined) return true;
    stopped ||= lasting === undefined;
    if (lasting === undefined && isFirstChoice(route, target)) admitted.passedOver = "policy";
    rejected.push({ target, reason, field: refusal?.param });
    return false;
  };
  const candidates = route.candidates.filter(({ target }) => may(target));
  const fallback = route.fallback.filter(may);
  const ordered = order(candidates, route.select, choosingFor(admitted, route, cost));
  const [first, ...others] = open(admitted, route.name, ordered, fallback, rejected);
  // A model that is only stopped could answer later.
  if (first === undefined) throw noTarget(admitted, route, rejected, stopped ? undefined : refusals[0]);
  return [first, ...others];
}

/** True if a target would be asked first were all of them there; unless they are tried in the order written, that is not known of one. */
function isFirstChoice({ select, candidates }: ModelRoute, target: Target): boolean {
  return select.kind === "ordered" && candidates[0]?.target === target;
}

/** The reason why a target cannot express or do what the request asks for, or bills more than can be held. Undefined if it can. */
function refusalBy(admitted: Admitted, target: Target, { name }: ModelRoute): GatewayError | undefined {
  return cannotCarry(admitted, target, name) ?? cannotDo(admitted, target) ?? cannotHold(admitted, target);
}

function choosingFor(
  admitted: Admitted,
  { select, validation }: ModelRoute,
  cost: Choosing["cost"],
): Choosing {
  const { health, random, quality, clock } = admitted.exchange.services;
  const { contract } = admitted;
  const key = select.kind === "sticky" ? select.key : [];
  return {
    random: select.kind === "weighted" || select.kind === "least-latency" ? random() : 0,
    stickyText: key.map((name) => contract.field(name) ?? "").join("\n"),
    latencyMs: (target) => health.latencyMs(target),
    busy: (target) => health.busy(target),
    cost,
    poor: (target) => {
      if (validation?.minPassRate === undefined) return false;
      const place = { target, model: validation.model, workflow: contract.field("workflow") ?? "" };
      return (quality.passRate(place, clock.monotonicMs()) ?? 1) < validation.minPassRate;
    },
  };
}

/** The reason why a target may not answer this request, whatever it asks for. Undefined if it may. Fallbacks are bound by it, too. */
function outOfBounds(admitted: Admitted, target: Target): string | undefined {
  const { contract } = admitted;
  const backend = admitted.exchange.snapshot.backends.get(target.backend);
  assert(backend !== undefined, "a route names only backends of its snapshot");
  const sensitivity = contract.field("sensitivity");
  if (
    backend.sensitivity !== undefined &&
    !(sensitivity !== undefined && backend.sensitivity.includes(sensitivity))
  )
    return `it may not be sent what is ${sensitivity ?? "of no stated sensitivity"}`;
  const { rule, bounds } = admitted;
  if (rule?.only === undefined && bounds.length === 0) return undefined;
  const { region, private: isPrivate, provider, contextWindow } = backend;
  const supports = transportOf(admitted, target)?.dialect.upstream?.supports;
  const place = { provider: provider.type, region, private: isPrivate, supports, contextWindow };
  const byRule = rule?.only === undefined ? undefined : outsideOf(rule.only, target, place);
  if (byRule !== undefined) return byRule;
  for (const { name, only } of bounds) {
    const reason = outsideOf(only, target, place);
    if (reason !== undefined) return `${reason} (${name})`;
  }
  return undefined;
}

function tooLongFor(admitted: Admitted, target: Target): string | undefined {
  const inputTokens = inputCountFor(admitted, target)?.tokens ?? 0;
  const window = contextWindowOf(admitted, target);
  return window !== undefined && inputTokens > window ? tooLong : undefined;
}

const tooLong = "the input is longer than its context window";

/**
 * Leaves out ejected targets. Where all are ejected, the one whose ejection ends first is tried alone: all of them would be a storm. A route with a
 * single target has nothing to spare it for; one that is forced does not rest.
 */
function open(
  admitted: Admitted,
  routeName: string,
  ordered: readonly Candidate[],
  fallback: readonly Target[],
  rejected: Rejected[],
): readonly Target[] {
  const all = [...ordered.map(({ target }) => target), ...fallback];
  if (all.length < 2) return all;
  const { health, clock } = admitted.exchange.services;
  const nowMs = clock.monotonicMs();
  const ejected: { readonly target: Target; readonly untilMs: number; readonly why: EjectionReason }[] = [];
  const awake: Target[] = [];
  for (const target of all) {
    const state = health.state(target, nowMs);
    if (state.kind !== "ejected" || isForced(admitted, target, routeName)) awake.push(target);
    else {
      ejected.push({ target, untilMs: state.untilMs, why: state.why });
      rejected.push({ target, reason: `it is ejected: ${state.why}`, field: undefined });
    }
  }
  const [first] = awake;
  const [best] = ejected;
  if (best !== undefined && best.target === all[0]) admitted.passedOver ??= reasonOfEjection(best.why);
  if (first !== undefined) {
    // Now, not when it leaves: between the two others are chosen for.
    health.claimProbe(first, nowMs);
    return awake;
  }
  ejected.sort((a, b) => a.untilMs - b.untilMs);
  const [soonest] = ejected;
  if (soonest?.target === all[0]) admitted.passedOver = undefined;
  return soonest === undefined ? [] : [soonest.target];
}

function noTarget(
  admitted: Admitted,
  route: ModelRoute,
  rejected: readonly Rejected[],
  refusal: GatewayError | undefined,
): GatewayError {
  // Asking again changes nothing: none of the allowed targets can express or do what the request asks for.
  if (refusal !== undefined) return refusal;
  if (rejected.every(({ reason }) => reason === tooLong))
    return new GatewayError("context_length_exceeded", `the input is too long for model "${route.name}"`, {
      param: "model",
    });
  // Clients are not told which backends exist.
  const why = [...new Set(rejected.map(({ reason }) => reason))].join("; ");
  const rule = admitted.rule === undefined ? "" : ` (${admitted.rule.name})`;
  return new GatewayError(
    "no_backend",
    `no target of model "${route.name}" may answer this request${rule}: ${why}`,
  );
}
