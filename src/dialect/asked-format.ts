import { GatewayError } from "../core/errors.ts";
import { KeySet } from "../core/key-set.ts";
import type { JsonObject } from "./json-view.ts";
import type { OutputFormat } from "./model-request.ts";
import { pickMembers } from "./pick-members.ts";

/**
 * How a format's request asks for the form of its answer: only the named members are parsed, however large the rest. What cannot be
 * read asks for nothing here: the provider will say what is wrong with it.
 */
export function askedFormat(
  members: readonly string[],
  read: (picked: JsonObject) => OutputFormat | undefined,
): (body: Buffer) => OutputFormat | undefined {
  const keys = new KeySet(members);
  return (body) => {
    const picked = pickMembers(body, keys);
    if (picked === undefined) return undefined;
    try {
      return read(picked);
    } catch (error) {
      if (error instanceof GatewayError) return undefined;
      throw error;
    }
  };
}
