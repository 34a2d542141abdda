import type { Contract } from "../../contract/contract.ts";
import { GatewayError } from "../../core/errors.ts";
import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import { largeBytesMin } from "../../core/shared-bytes.ts";
import type { RequestFacts } from "../../dialect/dialect.ts";
import { unpackFacts } from "../../dialect/offload/offload.ts";
import type { Admitted, Exchange } from "../state/exchange.ts";
import { checkMediaType } from "./media-type.ts";

/** Reads what decides of a request: its facts, then its contract. Throws what refuses it. */
export function examine(exchange: Exchange, body: Buffer): MaybePromise<Admitted> {
  keep(exchange, body);
  return chain(inspect(exchange, body), (facts) => {
    exchange.body.facts = facts;
    return exchange.admit(facts, contractOf(exchange, facts));
  });
}

function inspect(
  { dialect, operation, principal, services }: Exchange,
  body: Buffer,
): MaybePromise<RequestFacts> {
  if (body.length < largeBytesMin) return dialect.inspect(body, operation);
  const order = { kind: "inspect", dialect: dialect.name, operation, body } as const;
  return services.offload.do(principal.tenantId, order).then(unpackFacts);
}

function contractOf({ head, principal, snapshot }: Exchange, { fields }: RequestFacts): Contract {
  const { headers } = head;
  return snapshot.contract.read({ headers, fields, principal, requestId: headers.get("x-request-id") });
}

/** Refuses by the headers alone what would be refused with its body too, so that the body is never read. */
export function examineHeaders(exchange: Exchange): void {
  const { headers } = exchange.head;
  const encoding = headers.get("content-encoding");
  if (encoding !== undefined && encoding !== "identity") {
    throw new GatewayError("encoded_body", "send the body without a content-encoding");
  }
  if (exchange.head.method !== "GET") checkMediaType(headers, exchange.dialect.requestMediaTypes);
  checkSize(Number(headers.get("content-length") ?? 0), exchange.snapshot.listen.bodyLimitBytes);
}

/** Keeps the body for every attempt, within the bound on all bodies. */
function keep(exchange: Exchange, body: Buffer): void {
  exchange.body.arrived(body.length);
  checkSize(body.length, exchange.snapshot.listen.bodyLimitBytes);
  if (!exchange.body.keep(body))
    throw new GatewayError("capacity", "too many request bytes are in flight", { retryAfterMs: 1_000 });
}

function checkSize(bytes: number, limitBytes: number): void {
  if (bytes <= limitBytes) return;
  throw new GatewayError("body_too_large", `the body has ${bytes} bytes; at most ${limitBytes} are allowed`);
}
