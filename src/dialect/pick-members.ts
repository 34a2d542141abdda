import { GatewayError } from "../core/errors.ts";
import { JsonScan } from "../core/json-scan.ts";
import type { KeySet } from "../core/key-set.ts";
import { type JsonObject, parseObject } from "./json-view.ts";
import { readMembers } from "./read-members.ts";

/** Parses only these members of a JSON object, however large the rest; undefined when the whole is not JSON. */
export function pickMembers(bytes: Buffer, keys: KeySet<string>): JsonObject | undefined {
  try {
    const scan = new JsonScan(bytes);
    const { members } = readMembers(scan, keys, "the answer", () => scan.skip());
    scan.finish();
    const picked: string[] = [];
    for (const name of keys.names) {
      const member = members[name];
      if (member !== undefined)
        picked.push(`"${name}":${bytes.toString("utf8", member.valueStart, member.end)}`);
    }
    return parseObject(`{${picked.join(",")}}`);
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}
