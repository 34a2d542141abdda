import { type Attributes, attributesOf } from "../../condition/attributes-of.ts";
import type { Admitted } from "../state/exchange.ts";

/** The values that conditions compare, of an exchange whose request has been read. */
export function exchangeAttributes(admitted: Admitted): Attributes {
  const { contract, facts } = admitted;
  const { head, principal, dialect } = admitted.exchange;
  return attributesOf({
    principal,
    contract,
    headers: head.headers,
    request: { facts, dialect: dialect.name, path: head.path, inputTokens: admitted.neutralTokens },
  });
}
