import type { GatewayError } from "../../core/errors.ts";
import type { LocalReply } from "../../dialect/dialect.ts";
import type { Exchange } from "./exchange.ts";

/** A failure as the client's dialect renders it, with the exchange's ids. */
export function errorReply(exchange: Exchange, error: GatewayError): LocalReply {
  const reply = exchange.dialect.encodeError(error, exchange.id);
  return { ...reply, headers: [...reply.headers, ...replyHeaders(exchange)] };
}

/** Headers of every answer: the client's own request id, or the exchange's where it sent none, and where it stands with its limits. */
export function replyHeaders(exchange: Exchange): [string, string][] {
  return [
    ["x-request-id", exchange.head.headers.get("x-request-id") ?? exchange.id],
    ["x-tollgate-exchange-id", exchange.id],
    ...exchange.limitHeaders.map(([name, value]): [string, string] => [name, value]),
  ];
}
