import { type Attributes, attributesOf } from "../../condition/attributes-of.ts";
import { admitted, type Exchange } from "../state/exchange.ts";

/** The values that conditions compare, of an exchange whose request has been read. */
export function exchangeAttributes(exchange: Exchange): Attributes {
  const { contract, facts } = admitted(exchange);
  const { head, principal, dialect } = exchange;
  return attributesOf({
    principal,
    contract,
    headers: head.headers,
    request: { facts, dialect: dialect.name, path: head.path, inputTokens: exchange.neutralTokens },
  });
}
