import type { Failover, Target, Timeouts } from "../plan/plan.ts";
import type { Validation } from "../validation/validation.ts";
import type { ModelRoute } from "./model-route.ts";
import type { Candidate, Select } from "./select.ts";

/** One entry of the config's `models`; a name that ends in `*` is a pattern, in whose targets `*` stands for what it matched. */
export interface ModelEntry {
  readonly name: string;
  readonly candidates: readonly Candidate[];
  readonly fallback: readonly Target[];
  readonly select: Select;
  readonly attempts: number;
  readonly failover: Failover;
  /** The checks of its answers. Undefined if there are none. */
  readonly validation: Validation | undefined;
  /** Time to a usable connection, in milliseconds. Undefined to take that of the backend's other models, or the default. */
  readonly connectMs: number | undefined;
  readonly timeouts: Timeouts;
  /** By latency class, where one has its own. */
  readonly classTimeouts: ReadonlyMap<string, Timeouts>;
}

/** The models that clients may name, and how each is served. */
export interface ModelTable {
  /** Names in the config's order, without patterns. */
  readonly names: readonly string[];
  /** The exact name, else the longest pattern that matches. Undefined if there is no such model. */
  find(name: string): ModelRoute | undefined;
}

/** Compiles the entries for lookup. */
export function createModelTable(entries: readonly ModelEntry[]): ModelTable {
  const exact = new Map<string, ModelRoute>();
  const patterns: { readonly prefix: string; readonly entry: ModelEntry }[] = [];
  for (const entry of entries) {
    if (entry.name.endsWith("*")) patterns.push({ prefix: entry.name.slice(0, -1), entry });
    else exact.set(entry.name, routeOf(entry, entry.name, ""));
  }
  patterns.sort((a, b) => b.prefix.length - a.prefix.length);
  const matched = new Map<string, ModelRoute>();
  const remember = (name: string, route: ModelRoute): ModelRoute => {
    if (name.length > matchedNameMax) return route;
    if (matched.size >= matchedMax) matched.clear();
    matched.set(name, route);
    return route;
  };
  return Object.freeze({
    names: Object.freeze([...exact.keys()]),
    find(name: string) {
      const route = exact.get(name) ?? matched.get(name);
      if (route !== undefined) return route;
      for (const { prefix, entry } of patterns)
        if (name.length > prefix.length && name.startsWith(prefix))
          return remember(name, routeOf(entry, name, name.slice(prefix.length)));
      return undefined;
    },
  });
}

/** Routes by patterns that are kept, so that not every request makes its own; which names there are is for clients to say. */
const matchedMax = 1_000;
const matchedNameMax = 256;

/** The entry under one name; `rest` is what its pattern's `*` stands for. */
function routeOf(entry: ModelEntry, name: string, rest: string): ModelRoute {
  const candidates = entry.candidates.map((one) => Object.freeze({ ...one, target: fill(one.target, rest) }));
  const fallback = entry.fallback.map((target) => fill(target, rest));
  const targets = [...candidates.map(({ target }) => target), ...fallback];
  return Object.freeze({
    name,
    entry: entry.name,
    candidates: Object.freeze(candidates),
    fallback: Object.freeze(fallback),
    targets: Object.freeze(targets),
    select: entry.select,
    attempts: Math.min(entry.attempts, targets.length),
    failover: entry.failover,
    validation: entry.validation,
    timeouts: entry.timeouts,
    classTimeouts: entry.classTimeouts,
  });
}

function fill(target: Target, rest: string): Target {
  if (!target.model.endsWith("*")) return target;
  return Object.freeze({ backend: target.backend, model: target.model.slice(0, -1) + rest });
}
