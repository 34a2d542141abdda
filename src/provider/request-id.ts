import type { Headers } from "../core/headers.ts";

const requestIdHeaders = ["x-amzn-requestid", "request-id", "x-request-id"];
const requestIdCharsMax = 128;

/** The provider's own id of a call, by whichever header its API has for that; usage exports know the call by it. */
export function requestIdOf(headers: Headers): string | undefined {
  for (const name of requestIdHeaders) {
    const id = headers.get(name);
    if (id !== undefined) return id.slice(0, requestIdCharsMax);
  }
  return undefined;
}
