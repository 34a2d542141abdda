import { type Correction, noCorrection } from "../counters/counter.ts";

/** Targets whose ratio is kept; the one not billed for the longest goes first. */
const targetsMax = 256;
/** Weight of a new observation once there are many, so that about the last fifty count. */
const decay = 0.02;
/** A single request may be off by more (tools we do not know, a provider's own search); the ratio learns no more than this from it. */
const ratioMax = 4;
/** Of fewer tokens, too many are framing. */
const countedMinTokens = 50;
/** A request of which less is text (images, say) tells of tables and not of a tokenizer. */
const textMinShare = 0.5;
/** Observations before the ratio's own spread replaces the stated error. */
const trustedObservations = 20;
/** Spreads that the safety factor covers: about all but one in a hundred. */
const spreads = 4;

/** The learnt ratio of one target, as plain data that can be stored. */
export interface TargetRatio {
  /** `backend/model`. */
  readonly target: string;
  readonly observations: number;
  /** Mean of the logarithms of billed to counted. */
  readonly logRatio: number;
  /** Mean distance from that mean. */
  readonly spread: number;
}

/** Our own count of a request's input, without any correction, in tokens. */
interface Counted {
  readonly counted: number;
  /** The part of `counted` that is text. */
  readonly text: number;
}

/**
 * Learns by what each target's bill exceeds our count: a mean that forgets, of ratios within bounds. Counters made with it correct their
 * estimates.
 */
export class Calibration {
  /** Changes whenever anything was learnt. */
  version = 0;
  readonly #ratios = new Map<string, TargetRatio>();

  constructor(known: readonly TargetRatio[] = []) {
    for (const ratio of known.slice(-targetsMax)) this.#ratios.set(ratio.target, ratio);
  }

  /** Takes the input tokens of a bill. Bills that say little about the tokenizer are ignored. */
  observe(target: string, { counted, text }: Counted, billed: number): void {
    if (!(counted >= countedMinTokens && text >= counted * textMinShare && billed > 0)) return;
    const observed = Math.log(Math.min(ratioMax, Math.max(1 / ratioMax, billed / counted)));
    const known = this.#ratios.get(target) ?? { target, observations: 0, logRatio: 0, spread: 0 };
    const observations = known.observations + 1;
    const weight = Math.max(decay, 1 / observations);
    const logRatio = known.logRatio + weight * (observed - known.logRatio);
    const spread = known.spread + weight * (Math.abs(observed - logRatio) - known.spread);
    this.version++;
    // Deleted and set again, a key is the map's last: the first is the one to forget.
    this.#ratios.delete(target);
    this.#ratios.set(target, { target, observations, logRatio, spread });
    if (this.#ratios.size <= targetsMax) return;
    for (const oldest of this.#ratios.keys()) {
      this.#ratios.delete(oldest);
      break;
    }
  }

  /** The factor to multiply a count by: 1 at first, then nearing the learnt ratio. The stated safety factor holds until enough is known. */
  correction(target: string, statedSafetyFactor: number): Correction {
    const known = this.#ratios.get(target);
    if (known === undefined) return noCorrection;
    const trust = Math.min(1, known.observations / trustedObservations);
    const learnt = trust < 1 ? Number.POSITIVE_INFINITY : Math.exp(spreads * known.spread);
    return {
      factor: Math.exp(known.logRatio * trust),
      safetyFactor: Math.min(statedSafetyFactor, learnt),
    };
  }

  /** All that is known, the target billed last at the end. */
  ratiosKnown(): readonly TargetRatio[] {
    return [...this.#ratios.values()];
  }
}

/** True if a stored ratio can have been learnt; a stored one may be of another version, or damaged. */
export function isSound(ratio: unknown): ratio is TargetRatio {
  if (typeof ratio !== "object" || ratio === null) return false;
  const { target, observations, logRatio, spread } = ratio as {
    readonly [Key in keyof TargetRatio]?: unknown;
  };
  const bound = Math.log(ratioMax);
  return (
    typeof target === "string" &&
    Number.isSafeInteger(observations) &&
    Number(observations) > 0 &&
    typeof logRatio === "number" &&
    Math.abs(logRatio) <= bound &&
    typeof spread === "number" &&
    spread >= 0 &&
    spread <= 2 * bound
  );
}
