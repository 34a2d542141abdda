import type { Operation } from "./dialect.ts";
import { decodeSegment } from "./path-segment.ts";
import { pathOf } from "./request-path.ts";

/** Longest name looked up, in characters. */
const modelCharsMax = 256;

/** Matches a path that asks about models: the list at `base`, or the one whose name follows it, with its slashes plain or escaped. */
export function matchModels(base: string, method: string, path: string): Operation | undefined {
  if (method !== "GET") return undefined;
  const at = pathOf(path);
  if (at === base) return { name: "models", local: "models" };
  if (!at.startsWith(`${base}/`)) return undefined;
  const model = decodeSegment(at.slice(base.length + 1));
  if (model === undefined || model === "" || model.length > modelCharsMax) return undefined;
  return { name: "model", local: "models", model };
}
