import { assert, GatewayError } from "../../core/errors.ts";
import { largeBytesMin } from "../../core/shared-bytes.ts";
import type { Asked } from "../../dialect/asked.ts";
import type { ClientCodec, UpstreamCodec } from "../../dialect/codec.ts";
import type { Dialect, Operation } from "../../dialect/dialect.ts";
import { modelRequestOf as readModelRequest } from "../../dialect/read-model-request.ts";
import { formatTarget, type Target } from "../../plan/plan.ts";
import type { Provider } from "../../provider/provider.ts";
import { admitted, type Exchange } from "../state/exchange.ts";

/** The form in which a request reaches a provider: its own bytes, or translated to the provider's format. */
export type Transport =
  | { readonly kind: "pass"; readonly dialect: Dialect; readonly operation: Operation }
  | {
      readonly kind: "translate";
      /** The provider's. */
      readonly dialect: Dialect;
      /** The operation asked of the provider. */
      readonly operation: Operation;
      readonly client: ClientCodec;
      readonly upstream: UpstreamCodec;
    };

/** The reason why a target cannot answer this kind of request, naming the client's field if one is at fault. Undefined if it can. */
export function cannotCarry(exchange: Exchange, target: Target, model: string): GatewayError | undefined {
  const transport = transportOf(exchange, target);
  if (transport?.kind === "translate") {
    const checked = exchange.largeBodyChecks.get(formatTarget(target));
    return checked === undefined ? refused(exchange, transport.upstream, target.model) : checked.refusal;
  }
  if (transport !== undefined) return undefined;
  const why = `no target of model "${model}" can answer this kind of request`;
  return new GatewayError("unsupported", why, { param: "model" });
}

/** The form in which a request reaches a target. Undefined if its provider can take neither this kind of request nor an equivalent. */
export function transportOf(exchange: Exchange, target: Target): Transport | undefined {
  const { dialect, operation, services } = exchange;
  const { provider } = backendOf(exchange, target);
  if (provider.dialect(operation, target.model)?.name === dialect.name)
    return { kind: "pass", dialect, operation };
  const { client } = dialect;
  if (client?.operations.includes(operation.name) !== true) return undefined;
  const { stream } = admitted(exchange).facts;
  for (const other of services.dialects) {
    const { upstream } = other;
    if (upstream?.hub !== client.hub) continue;
    const asked = upstream.operation(target.model, stream);
    if (provider.dialect(asked, target.model)?.name !== other.name) continue;
    return { kind: "translate", dialect: other, operation: asked, client, upstream };
  }
  return undefined;
}

/** The same of a target that is planned; that there is none is a bug. */
export function plannedTransport(exchange: Exchange, target: Target): Transport {
  const transport = transportOf(exchange, target);
  assert(transport !== undefined, "a plan names only targets that can answer");
  return transport;
}

/** The provider and name of a target's backend. */
export function backendOf(exchange: Exchange, target: Target): { readonly provider: Provider } {
  const backend = exchange.snapshot.backends.get(target.backend);
  assert(backend !== undefined, "a plan names only backends of its snapshot");
  return backend;
}

/** The request without its wire format; read once, and only when somebody has to translate it. Large ones are read by `checkLargeBody`. Throws what refuses it. */
export function modelRequestOf(exchange: Exchange, client: ClientCodec): Asked {
  const { original, modelRequest } = exchange;
  if (modelRequest !== undefined) return modelRequest;
  assert(original !== undefined, "the original body is kept until no attempt can follow");
  if (original.length >= largeBytesMin)
    throw new GatewayError("unsupported", "the body is too large to say why");
  exchange.modelRequest = readModelRequest(client, original, admitted(exchange).facts);
  return exchange.modelRequest;
}

function refused(exchange: Exchange, upstream: UpstreamCodec, model: string): GatewayError | undefined {
  const { client } = exchange.dialect;
  assert(client !== undefined, "only what has a client's codec is translated");
  try {
    upstream.check(modelRequestOf(exchange, client), model);
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}
