import { assert, GatewayError } from "../../core/errors.ts";
import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import { largeBytesMin } from "../../core/shared-bytes.ts";
import type { EncodedRequest } from "../../dialect/codec.ts";
import type { Plan, PlannedTarget } from "../../plan/plan.ts";
import type { OutgoingRequest } from "../../provider/provider.ts";
import { secretsIn } from "../../provider/secrets-in.ts";
import { requestMediaType } from "../admit/media-type.ts";
import { backendOf, modelRequestOf } from "../admit/transports.ts";
import { clusterOf } from "../state/cluster-of.ts";
import type { Admitted, Exchange, Forwarded } from "../state/exchange.ts";
import type { Forward } from "../state/outcome.ts";
import { spend } from "../state/stages.ts";
import type { Transport } from "../state/transport.ts";
import { attemptAt, attemptsMax, modeOf, perTryMs } from "./attempt-at.ts";
import { translatedHeaders, writeLargeBody } from "./large-body.ts";

/** Client headers every provider may get; the dialect names the rest. */
const passedHeaders: ReadonlySet<string> = new Set(["accept", "user-agent"]);
/** Headers that Envoy sets itself. Without x-forwarded-proto it finds no route; it takes that off later. */
const framingHeaders: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "te",
  "x-forwarded-proto",
]);

/** Encodes one attempt, always from the original request: path, credentials, headers, body and the plan the proxy follows. */
export function encodeAttempt(forwarded: Forwarded, number: number): MaybePromise<Forward> {
  const { admitted, exchange, plan } = forwarded;
  const attempt = attemptAt(forwarded, number);
  const { clock } = exchange.services;
  const startedMs = clock.monotonicMs();
  const { transport, target } = attempt;
  const { provider } = backendOf(exchange, target.target);
  const original = exchange.body.bytes;
  return chain(writeRequest(admitted, plan, transport, target), (written) => {
    if (exchange.body.bytes === undefined) throw new GatewayError("shutting_down", "the client has left");
    attempt.changes = written.changes;
    const prepared = provider.prepare(transport.operation, target.target.model);
    const outgoing: OutgoingRequest = {
      method: exchange.head.method,
      path: joinPath(provider.endpoint.pathname, prepared.path),
      host: provider.endpoint.host,
      headers: [...written.headers, ...prepared.headers].map(([name, value]): [string, string] => [
        name,
        value,
      ]),
      body: written.body,
      nowMs: clock.nowMs(),
    };
    return chain(provider.authorize(outgoing), () => {
      attempt.secrets = secretsIn(outgoing.headers);
      if (number === attemptsMax(plan)) exchange.body.release();
      const forward: Forward = {
        kind: "forward",
        ...edits(forwarded, number, outgoing, transport),
        body: written.body,
        bodyChanged: written.body !== original,
      };
      attempt.sent(spend(exchange.stages, "assemble", startedMs, clock));
      return forward;
    });
  });
}

/** The request's bytes for one target of a plan: the client's own with what differs spliced in, or the same said in the provider's format. */
export function writeRequest(
  admitted: Admitted,
  { outputCap, choices }: Plan,
  transport: Transport,
  { target, outputRoomTokens = outputCap }: PlannedTarget,
): MaybePromise<EncodedRequest> {
  const { exchange, facts } = admitted;
  const original = exchange.body.bytes;
  assert(original !== undefined, "the original body is kept until no attempt can follow");
  const { provider } = backendOf(exchange, target);
  const edits = {
    model: target.model,
    outputCap: Math.min(outputCap, outputRoomTokens),
    outputCapField: provider.outputCapField(transport.operation),
  };
  if (original.length >= largeBytesMin)
    return writeLargeBody(admitted, original, transport, { ...edits, stream: facts.stream, choices });
  if (transport.kind === "pass")
    return { body: transport.dialect.splice(original, facts, edits), headers: [], changes: [] };
  const request = modelRequestOf(admitted, transport.client);
  const { body, headers, changes } = transport.upstream.encodeRequest(request, {
    ...edits,
    stream: facts.stream,
    choices,
  });
  return { body, headers: [...translatedHeaders, ...headers], changes };
}

function edits(
  { admitted: { exchange }, plan, sentHeaders }: Forwarded,
  number: number,
  outgoing: OutgoingRequest,
  { dialect }: Transport,
): Pick<Forward, "headers" | "plan" | "retries"> {
  const set: [string, string][] = [
    [":path", outgoing.path],
    ["content-length", String(outgoing.body.length)],
    // Providers are asked for plain bytes: what is compressed cannot be read on its way.
    ["accept-encoding", "identity"],
    ["x-request-id", exchange.id],
    ["content-type", requestMediaType],
    ...outgoing.headers,
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
  // All attempts share one set of headers: one provider's credentials may not reach the next.
  for (const name of sentHeaders) {
    if (written.has(name)) continue;
    const own = passedHeaders.has(name) ? headers.get(name) : undefined;
    if (own === undefined) remove.push(name);
    else set.push([name, own]);
  }
  if (number < attemptsMax(plan)) for (const name of written) sentHeaders.add(name);
  return {
    headers: { set, remove },
    plan: {
      id: exchange.id,
      mode: modeOf(plan),
      clusters: plan.targets.map(({ target }) => clusterOf(exchange, target)),
      clientId: headers.get("x-request-id") ?? exchange.id,
      cut: cutReplyOf(exchange),
    },
    retries: { max: attemptsMax(plan) - 1, perTryMs: perTryMs(plan) },
  };
}

/** The answer for a client whose answer breaks off before any of it has passed: a whole one, or a stream that has just begun. */
function cutReplyOf(exchange: Exchange): string {
  const error = new GatewayError("upstream_invalid", "the provider broke off its answer");
  return exchange.dialect.encodeError(error, exchange.id).body.toString();
}

function joinPath(base: string, path: string): string {
  return base.endsWith("/") ? base.slice(0, -1) + path : base + path;
}
