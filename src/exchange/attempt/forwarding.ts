import { assert, GatewayError } from "../../core/errors.ts";
import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import { largeBytesMin } from "../../core/shared-bytes.ts";
import type { EncodedRequest } from "../../dialect/codec.ts";
import type { Plan, PlannedTarget } from "../../plan/plan.ts";
import type { OutgoingRequest } from "../../provider/provider.ts";
import { translatedHeaders, writeLargeBody } from "../admit/large-body.ts";
import { requestMediaType } from "../admit/media-type.ts";
import { backendOf, modelRequestOf, plannedTransport, type Transport } from "../admit/transport.ts";
import { secretsIn } from "../answer/masking.ts";
import type { Attempt } from "../state/attempt.ts";
import { clusterOf } from "../state/cluster-of.ts";
import { admitted, type Exchange, planned } from "../state/exchange.ts";
import type { Forward } from "../state/outcome.ts";
import { spend } from "../state/stages.ts";

/** Client headers every provider may get; the dialect names the rest. */
const passedHeaders: ReadonlySet<string> = new Set(["accept", "user-agent"]);
/** Part of how the message travels, and Envoy's own to set; without x-forwarded-proto it finds no route, and takes it off later itself. */
const framingHeaders: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "te",
  "x-forwarded-proto",
]);

/** Encodes one attempt, always from the original request: path, credentials, headers, body and the plan Envoy follows. */
export function encodeAttempt(exchange: Exchange, number: number): MaybePromise<Forward> {
  const plan = planned(exchange);
  const attempt = attemptAt(exchange, number);
  const { clock } = exchange.services;
  const startedMs = clock.monotonicMs();
  const { target } = attempt.target;
  const { provider } = backendOf(exchange, target);
  const { original } = exchange;
  const transport = plannedTransport(exchange, target);
  return chain(writeRequest(exchange, plan, transport, attempt.target), (written) => {
    if (exchange.original === undefined) throw new GatewayError("shutting_down", "the client has left");
    attempt.changes = written.changes;
    const prepared = provider.prepare(transport.operation, target.model);
    const outgoing: OutgoingRequest = {
      method: exchange.head.method,
      path: joinPath(provider.endpoint.pathname, prepared.path),
      host: provider.endpoint.host,
      headers: [...written.headers, ...prepared.headers].map(([name, value]): [string, string] => [
        name,
        value,
      ]),
      body: written.body,
      nowMs: exchange.services.clock.nowMs(),
    };
    return chain(provider.authorize(outgoing), () => {
      attempt.secrets = secretsIn(outgoing.headers);
      if (number === attemptsMax(plan)) exchange.releaseOriginal();
      const forward: Forward = {
        kind: "forward",
        ...edits(exchange, number, plan, outgoing, transport),
        body: written.body,
        bodyChanged: written.body !== original,
      };
      attempt.startedMs = spend(exchange.stages, "assemble", startedMs, clock);
      return forward;
    });
  });
}

/** The request's bytes for one target of a plan: the client's own with what differs spliced in, or the same said in the provider's format. */
export function writeRequest(
  exchange: Exchange,
  { outputCap, choices }: Plan,
  transport: Transport,
  { target, outputRoomTokens = outputCap }: PlannedTarget,
): MaybePromise<EncodedRequest> {
  const { original } = exchange;
  assert(original !== undefined, "the original body is kept until no attempt can follow");
  const { facts } = admitted(exchange);
  const { provider } = backendOf(exchange, target);
  const edits = {
    model: target.model,
    outputCap: Math.min(outputCap, outputRoomTokens),
    outputCapField: provider.outputCapField(transport.operation),
  };
  if (original.length >= largeBytesMin)
    return writeLargeBody(exchange, original, transport, { ...edits, stream: facts.stream, choices });
  if (transport.kind === "pass")
    return { body: transport.dialect.splice(original, facts, edits), headers: [], changes: [] };
  const request = modelRequestOf(exchange, transport.client);
  const { body, headers, changes } = transport.upstream.encodeRequest(request, {
    ...edits,
    stream: facts.stream,
    choices,
  });
  return { body, headers: [...translatedHeaders, ...headers], changes };
}

function edits(
  exchange: Exchange,
  number: number,
  plan: Plan,
  outgoing: OutgoingRequest,
  { dialect }: Transport,
): Pick<Forward, "headers" | "plan"> {
  const set: [string, string][] = [
    [":path", outgoing.path],
    ["content-length", String(outgoing.body.length)],
    // Providers are asked for plain bytes: what is compressed cannot be read on its way.
    ["accept-encoding", "identity"],
    ["x-request-id", exchange.id],
    ["content-type", requestMediaType],
    ...outgoing.headers,
    ...(number === 1 ? retryHeaders(plan) : []),
  ];
  const written = new Set(set.map(([name]) => name));
  const remove: string[] = [];
  const { headers } = exchange.head;
  for (const name of headers.names()) {
    const stays =
      name.startsWith(":") ||
      framingHeaders.has(name) ||
      passedHeaders.has(name) ||
      dialect.requestHeaders.includes(name);
    if (!stays && !written.has(name)) remove.push(name);
  }
  // All attempts share one set of headers: neither credentials nor what told Envoy about retries may reach the next provider.
  for (const name of exchange.sentHeaders) {
    if (written.has(name)) continue;
    const own = passedHeaders.has(name) ? headers.get(name) : undefined;
    if (own === undefined) remove.push(name);
    else set.push([name, own]);
  }
  if (number < attemptsMax(plan)) for (const name of written) exchange.sentHeaders.add(name);
  return {
    headers: { set, remove },
    plan: {
      id: exchange.id,
      mode: modeOf(plan),
      clusters: plan.targets.map(({ target }) => clusterOf(exchange, target)),
      clientId: headers.get("x-request-id") ?? exchange.id,
      cut: cutReplyOf(exchange),
    },
  };
}

/** What Envoy answers when an answer breaks off of which nothing has passed: a whole one, or a stream that has just begun. */
function cutReplyOf(exchange: Exchange): string {
  const error = new GatewayError("upstream_invalid", "the provider broke off its answer");
  return exchange.dialect.encodeError(error, exchange.id).body.toString();
}

/** With nobody left to ask there is nothing to look for, but what must be checked. */
function modeOf(plan: Plan): Plan["mode"] {
  return attemptsMax(plan) === 1 && !plan.validated ? "plain" : plan.mode;
}

function attemptsMax({ targets, spareAttempts }: Plan): number {
  return targets.length + spareAttempts;
}

/** Headers that configure the router for this request alone, and that it removes before a provider sees them. */
function retryHeaders(plan: Plan): [string, string][] {
  const headers: [string, string][] = [["x-envoy-max-retries", String(attemptsMax(plan) - 1)]];
  const tryMs = perTryMs(plan);
  if (tryMs !== undefined) headers.push(["x-envoy-upstream-rq-per-try-timeout-ms", String(tryMs)]);
  return headers;
}

/** Envoy's timeout for each attempt, in milliseconds. */
function perTryMs(plan: Plan): number | undefined {
  const { attemptMs, firstTokenMs } = plan.timeouts;
  return modeOf(plan) === "guarded" ? (firstTokenMs ?? attemptMs) : attemptMs;
}

/** The attempt with this number, noted as begun now; those before it that nobody told us of are noted too. */
export function attemptAt(exchange: Exchange, number: number): Attempt {
  const plan = planned(exchange);
  const now = exchange.services.clock.monotonicMs();
  while (exchange.attempts.length < number) {
    const previous = exchange.attempts.at(-1);
    if (previous !== undefined) closePrevious(exchange, previous);
    const target = plan.targets[exchange.attempts.length];
    if (target === undefined)
      throw new GatewayError("internal", `attempt ${number} of a plan of ${plan.targets.length}`);
    exchange.services.health.began(target.target, now);
    exchange.services.retryBudget.began(exchange.attempts.length + 1, now);
    exchange.attempts.push({
      number: exchange.attempts.length + 1,
      target,
      startedMs: now,
      endedMs: undefined,
      outcome: { kind: "open" },
      reason: undefined,
      requestId: undefined,
      secrets: [],
      changes: [],
      refusedAs: undefined,
      begun: undefined,
      judged: undefined,
      checked: undefined,
      checkedMs: 0,
      signed: false,
    });
  }
  return exchange.attempts[number - 1] as Attempt;
}

/** A next attempt means that this one failed; how is told by the access log, but a deadline shows in the time it took. */
export function closePrevious(exchange: Exchange, attempt: Attempt): void {
  const nowMs = exchange.services.clock.monotonicMs();
  const timeoutMs = perTryMs(planned(exchange));
  attempt.endedMs ??= nowMs;
  if (attempt.outcome.kind !== "open") return;
  const timedOut = timeoutMs !== undefined && nowMs - attempt.startedMs >= timeoutMs;
  attempt.outcome = {
    kind: "failed",
    status: undefined,
    flags: [],
    class: timedOut ? "timeout" : "overloaded",
  };
}

function joinPath(base: string, path: string): string {
  return base.endsWith("/") ? base.slice(0, -1) + path : base + path;
}
