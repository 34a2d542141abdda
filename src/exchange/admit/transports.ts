import { assert, GatewayError } from "../../core/errors.ts";
import { largeBytesMin } from "../../core/shared-bytes.ts";
import type { Asked } from "../../dialect/asked.ts";
import type { ClientCodec, UpstreamCodec } from "../../dialect/codec.ts";
import { modelRequestOf as readModelRequest } from "../../dialect/read-model-request.ts";
import { hosted } from "../../dialect/type-table.ts";
import { formatTarget, type Target } from "../../plan/plan.ts";
import type { Provider } from "../../provider/provider.ts";
import type { Admitted, Exchange } from "../state/exchange.ts";
import type { Transport } from "../state/transport.ts";

/** The reason why a target cannot answer this kind of request, naming the client's field if one is at fault. Undefined if it can. */
export function cannotCarry(admitted: Admitted, target: Target, model: string): GatewayError | undefined {
  const transport = transportOf(admitted, target);
  if (transport?.kind === "translate") {
    const checked = admitted.largeBodyChecks.get(formatTarget(target));
    return checked === undefined ? refused(admitted, transport, target.model) : checked.refusal;
  }
  const { hostedTool } = admitted.facts;
  if (transport !== undefined)
    return hostedTool === undefined ? undefined : hosted(hostedTool, "tools[].type");
  const why = `no target of model "${model}" can answer this kind of request`;
  return new GatewayError("unsupported", why, { param: "model" });
}

/** The form in which a request reaches a target. Undefined if its provider can take neither this kind of request nor an equivalent. */
export function transportOf(admitted: Admitted, target: Target): Transport | undefined {
  const { transports } = admitted;
  const known = transports.get(target);
  if (known !== undefined || transports.has(target)) return known;
  const transport = findTransport(admitted, target);
  transports.set(target, transport);
  return transport;
}

function findTransport({ exchange, facts }: Admitted, target: Target): Transport | undefined {
  const { dialect, operation, services } = exchange;
  const { provider } = backendOf(exchange, target);
  if (provider.dialect(operation, target.model)?.name === dialect.name)
    return { kind: "pass", dialect, operation };
  const { client } = dialect;
  if (client?.operations.includes(operation.name) !== true) return undefined;
  for (const other of services.dialects) {
    const { upstream } = other;
    if (upstream?.hub !== client.hub) continue;
    const asked = upstream.operation(target.model, facts.stream);
    if (provider.dialect(asked, target.model)?.name !== other.name) continue;
    return { kind: "translate", dialect: other, operation: asked, client, upstream };
  }
  return undefined;
}

/** The same of a target that is planned; that there is none is a bug. */
export function plannedTransport(admitted: Admitted, target: Target): Transport {
  const transport = transportOf(admitted, target);
  assert(transport !== undefined, "a plan names only targets that can answer");
  return transport;
}

/** The provider and name of a target's backend. */
export function backendOf(exchange: Exchange, target: Target): { readonly provider: Provider } {
  const backend = exchange.snapshot.backends.get(target.backend);
  assert(backend !== undefined, "a plan names only backends of its snapshot");
  return backend;
}

/** The request without its wire format; read once, and only when it has to be translated. Large ones are read by `checkLargeBody`. Throws what refuses it. */
export function modelRequestOf({ exchange, facts }: Admitted, client: ClientCodec): Asked {
  const { body } = exchange;
  if (body.modelRequest !== undefined) return body.modelRequest;
  const { bytes } = body;
  assert(bytes !== undefined, "the original body is kept until no attempt can follow");
  if (bytes.length >= largeBytesMin)
    throw new GatewayError(
      "unsupported",
      "the request cannot be translated, and its body is too large to say why",
    );
  body.modelRequest = readModelRequest(client, bytes, facts);
  return body.modelRequest;
}

function refused(
  admitted: Admitted,
  { client, upstream }: { readonly client: ClientCodec; readonly upstream: UpstreamCodec },
  model: string,
): GatewayError | undefined {
  try {
    upstream.check(modelRequestOf(admitted, client), model);
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}
