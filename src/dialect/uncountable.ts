import { GatewayError } from "../core/errors.ts";

/** The refusal of a member that pulls in content from elsewhere: what is not in the body cannot be counted, and what cannot be counted cannot be held. */
export function uncountable(what: string, param: string = what): GatewayError {
  const why = `${what} refers to content that is not in the request, so it cannot be counted; send the content itself`;
  return new GatewayError("unsupported", why, { param });
}
