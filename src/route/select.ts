import type { Target } from "../plan/plan.ts";

/** One of a model's targets, with what selection needs. */
export interface Candidate {
  readonly target: Target;
  /** Its share under `weighted` and `sticky`; 0: never first. */
  readonly weight: number;
  /** Exchanges it takes at once before the others get the overflow. Undefined for no bound. */
  readonly capacity: number | undefined;
}

/** The way to choose the first target, and with it the order of the others. */
export type Select =
  | { readonly kind: "ordered" | "weighted" | "least-latency" | "least-busy" | "least-cost" }
  | { readonly kind: "sticky"; readonly key: readonly string[] };

/** Facts at the moment of choosing; every lookup is pure. */
export interface Choosing {
  /** From 0 to below 1: `weighted` takes it as it is. */
  readonly random: number;
  /** What `sticky` hashes: equal texts get equal targets. */
  readonly stickyText: string;
  /** Milliseconds to the first token of recent answers. Undefined while unknown. */
  latencyMs(target: Target): number | undefined;
  /** Exchanges it is answering now. */
  busy(target: Target): number;
  /** The highest possible cost of this request there, in nano-USD. Undefined if there is no price. */
  cost(target: Target): bigint | undefined;
  /** Its answers fail their checks more often than its model wants. */
  poor(target: Target): boolean;
}

/** The candidates in the order they are to be tried. Those that are full stand behind those that are not, and those that are poor behind all. */
export function order(
  candidates: readonly Candidate[],
  select: Select,
  choosing: Choosing,
): readonly Candidate[] {
  const chosen = chosenOrder(candidates, select, choosing);
  const full = (candidate: Candidate) =>
    candidate.capacity !== undefined && choosing.busy(candidate.target) >= candidate.capacity;
  const poor = ({ target }: Candidate) => choosing.poor(target);
  return behind(behind(chosen, full), poor);
}

/** Those for which something holds behind those for which it does not, each in their order. */
function behind(
  candidates: readonly Candidate[],
  holds: (candidate: Candidate) => boolean,
): readonly Candidate[] {
  if (!candidates.some(holds)) return candidates;
  return [...candidates.filter((one) => !holds(one)), ...candidates.filter(holds)];
}

function chosenOrder(
  candidates: readonly Candidate[],
  select: Select,
  choosing: Choosing,
): readonly Candidate[] {
  if (candidates.length < 2) return candidates;
  switch (select.kind) {
    case "ordered":
      return candidates;
    case "weighted":
      return withFirst(candidates, pick(candidates, choosing.random));
    case "sticky":
      return byRank(candidates, (candidate) => -affinity(candidate, choosing.stickyText));
    case "least-latency":
      return byRank(candidates, ({ target }) => explored(choosing, target));
    case "least-busy":
      return byRank(candidates, ({ target, weight }) => choosing.busy(target) / Math.max(weight, 1));
    case "least-cost":
      return byRank(candidates, ({ target }) => Number(choosing.cost(target) ?? Number.MAX_SAFE_INTEGER));
  }
}

/** The candidate on whose share of the whole weight the number falls. */
function pick(candidates: readonly Candidate[], random: number): Candidate | undefined {
  let rest = random * candidates.reduce((sum, { weight }) => sum + weight, 0);
  for (const candidate of candidates) {
    rest -= candidate.weight;
    if (rest < 0) return candidate;
  }
  return candidates.find(({ weight }) => weight > 0);
}

/** The chosen one first, then the others by weight, the config's order where weights are equal. */
function withFirst(candidates: readonly Candidate[], first: Candidate | undefined): readonly Candidate[] {
  const others = candidates.filter((candidate) => candidate !== first);
  others.sort((a, b) => b.weight - a.weight);
  return first === undefined ? others : [first, ...others];
}

/** Share of choices by latency that go to a target nobody knows enough about, or that was slow when last asked. */
const exploredShare = 0.02;

/** A target without measurements is tried at once; known ones are looked at again now and then, since only answers tell. */
function explored(choosing: Choosing, target: Target): number {
  const latencyMs = choosing.latencyMs(target);
  if (latencyMs === undefined) return 0;
  const turn = hash(`${choosing.random}/${target.backend}/${target.model}`);
  return turn < exploredShare ? 0 : latencyMs;
}

function byRank(
  candidates: readonly Candidate[],
  rank: (candidate: Candidate) => number,
): readonly Candidate[] {
  const ranked = candidates.map((candidate) => ({ candidate, rank: rank(candidate) }));
  ranked.sort((a, b) => a.rank - b.rank);
  return ranked.map(({ candidate }) => candidate);
}

/** Weighted rendezvous hashing: a target that comes or goes moves only its own share of texts. */
function affinity({ target, weight }: Candidate, text: string): number {
  const share = hash(`${target.backend}/${target.model}\n${text}`);
  return weight === 0 ? 0 : -weight / Math.log(Math.max(share, Number.MIN_VALUE));
}

/** FNV-1a with a last mix, as a fraction from 0 to below 1; not for secrets. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value ^= text.charCodeAt(index);
    value = Math.imul(value, 0x01000193);
  }
  value ^= value >>> 16;
  value = Math.imul(value, 0x85ebca6b);
  value ^= value >>> 13;
  value = Math.imul(value, 0xc2b2ae35);
  value ^= value >>> 16;
  return (value >>> 0) / 0x1_0000_0000;
}
