import { assert, GatewayError } from "../core/errors.ts";
import { chain, type MaybePromise } from "../core/maybe-promise.ts";
import type { Dialect } from "../dialect/dialect.ts";
import type { Hold, Plan } from "../plan/plan.ts";
import type { OutgoingRequest } from "../provider/provider.ts";
import { type Attempt, mayBeBilled } from "./attempt.ts";
import { admitted, type Exchange, planned } from "./exchange.ts";
import type { Forward } from "./outcome.ts";

/** Client headers every provider may get; the dialect names the rest. */
const passedHeaders: ReadonlySet<string> = new Set(["content-type", "accept", "user-agent"]);
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
  const { facts } = admitted(exchange);
  const attempt = attemptAt(exchange, number);
  const { target } = attempt.target;
  const backend = exchange.snapshot.backends.get(target.backend);
  assert(backend !== undefined, "a plan names only backends of its snapshot");
  const { original } = exchange;
  assert(original !== undefined, "the original body is kept until no attempt can follow");
  const { provider } = backend;
  const dialect = provider.dialect(exchange.operation);
  assert(dialect !== undefined, "a plan names only targets that can answer");
  const body = dialect.splice(original, facts, {
    model: target.model,
    outputCap: plan.outputCap,
    outputCapField: provider.outputCapField(exchange.operation),
  });
  const prepared = provider.prepare(exchange.operation, target.model);
  const outgoing: OutgoingRequest = {
    method: exchange.head.method,
    path: joinPath(provider.endpoint.pathname, prepared.path),
    host: provider.endpoint.host,
    headers: [...prepared.headers.map(([name, value]): [string, string] => [name, value])],
    body,
    nowMs: exchange.services.clock.nowMs(),
  };
  return chain(provider.authorize(outgoing), () => {
    if (number === plan.targets.length) exchange.releaseOriginal();
    return {
      kind: "forward",
      ...edits(exchange, number, plan, outgoing, dialect),
      body,
      bodyChanged: body !== original,
    };
  });
}

function edits(
  exchange: Exchange,
  number: number,
  plan: Plan,
  outgoing: OutgoingRequest,
  dialect: Dialect,
): Pick<Forward, "headers" | "plan"> {
  const set: [string, string][] = [
    [":path", outgoing.path],
    ["content-length", String(outgoing.body.length)],
    // Providers are asked for plain bytes: what is compressed cannot be read on its way.
    ["accept-encoding", "identity"],
    ["x-request-id", exchange.id],
    ...outgoing.headers,
    ...(number === 1 ? retryHeaders(plan) : []),
  ];
  const written = new Set(set.map(([name]) => name));
  // All attempts share one set of headers: what told Envoy about retries must not reach the next provider.
  const remove: string[] = number === 1 ? [] : retryHeaders(plan).map(([name]) => name);
  for (const name of exchange.head.headers.names()) {
    const stays =
      name.startsWith(":") ||
      framingHeaders.has(name) ||
      passedHeaders.has(name) ||
      dialect.requestHeaders.includes(name);
    if (!stays && !written.has(name)) remove.push(name);
  }
  return {
    headers: { set, remove },
    plan: {
      id: exchange.id,
      mode: plan.mode,
      clusters: plan.targets.map(({ target }) => target.backend),
    },
  };
}

/** What the router takes for this request alone, and takes off before the first provider sees it. */
function retryHeaders({ targets, timeouts }: Plan): [string, string][] {
  const headers: [string, string][] = [["x-envoy-max-retries", String(targets.length - 1)]];
  if (timeouts.attemptMs !== undefined)
    headers.push(["x-envoy-upstream-rq-per-try-timeout-ms", String(timeouts.attemptMs)]);
  if (timeouts.totalMs !== undefined)
    headers.push(["x-envoy-upstream-rq-timeout-ms", String(timeouts.totalMs)]);
  return headers;
}

/** The attempt with this number, noted as begun now; those before it that nobody told us of are noted too. */
export function attemptAt(exchange: Exchange, number: number): Attempt {
  const plan = planned(exchange);
  const now = exchange.services.clock.monotonicMs();
  while (exchange.attempts.length < number) {
    const previous = exchange.attempts.at(-1);
    if (previous !== undefined) closePrevious(previous, now, plan.timeouts.attemptMs);
    const target = plan.targets[exchange.attempts.length];
    if (target === undefined)
      throw new GatewayError("internal", `attempt ${number} of a plan of ${plan.targets.length}`);
    exchange.attempts.push({
      number: exchange.attempts.length + 1,
      target,
      startedMs: now,
      endedMs: undefined,
      fate: { kind: "open" },
    });
  }
  return exchange.attempts[number - 1] as Attempt;
}

/** A next attempt means that this one failed; how is told by the access log, but a deadline shows in the time it took. */
function closePrevious(attempt: Attempt, nowMs: number, attemptTimeoutMs: number | undefined): void {
  attempt.endedMs ??= nowMs;
  if (attempt.fate.kind !== "open") return;
  const timedOut = attemptTimeoutMs !== undefined && nowMs - attempt.startedMs >= attemptTimeoutMs;
  attempt.fate = { kind: "failed", status: undefined, flags: [], class: timedOut ? "timeout" : "overloaded" };
}

/** What the failed attempts so far may be billed at most. */
export function billedSoFar(exchange: Exchange): Hold {
  const billed = { costNanoUsd: 0n, inputTokens: 0, outputTokens: 0 };
  const plan = planned(exchange);
  for (const attempt of exchange.attempts) {
    if (!mayBeBilled(attempt.fate)) continue;
    billed.costNanoUsd += attempt.target.costMaxNanoUsd;
    billed.inputTokens += attempt.target.inputTokensMax;
    billed.outputTokens += plan.outputCap * plan.choices;
  }
  return billed;
}

function joinPath(base: string, path: string): string {
  return base.endsWith("/") ? base.slice(0, -1) + path : base + path;
}
