import { GatewayError } from "../core/errors.ts";
import { KeySet } from "../core/key-set.ts";
import type { JsonObject } from "./json-view.ts";
import type { OutputFormat } from "./model-request.ts";
import { pickMembers } from "./pick-members.ts";

/**
 * Reads the answer format that a request asks for. Only the named members are parsed, however large the rest. An unreadable one counts as none: the provider will report it.
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
