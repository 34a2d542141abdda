import type { JsonObject } from "./json-view.ts";
import type { CacheMark } from "./model-request.ts";
import type { ModelRequestDraft } from "./model-request-draft.ts";
import { objectAt, optional } from "./read-json.ts";

/** The cache mark on a block or a tool. */
export function readCacheControl(
  draft: ModelRequestDraft,
  owner: JsonObject,
  field: string,
): CacheMark | undefined {
  const mark = optional(owner.cache_control, `${field}.cache_control`, objectAt);
  if (mark === undefined) return undefined;
  draft.cache(`${field}.cache_control`);
  return mark.ttl === "1h" ? "1h" : "5m";
}

/** A cache mark as Anthropic writes it; nothing where there is none. */
export function cacheControl(mark: CacheMark | undefined): { readonly cache_control?: object } {
  if (mark === undefined) return {};
  return { cache_control: mark === "5m" ? { type: "ephemeral" } : { type: "ephemeral", ttl: "1h" } };
}
