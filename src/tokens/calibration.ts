/** Models whose ratio is kept; the one not seen for the longest goes first. */
const MODELS_MAX = 1000;
/** Weight of a new observation once there are many, so that about the last fifty count. */
const DECAY = 0.02;
/** A single request may be off by more (tools we do not know, a cached prefix); the ratio learns no more than this from it. */
const RATIO_MAX = 4;
/** Of fewer tokens, most are overheads and not text. */
const COUNTED_MIN_TOKENS = 50;
/** Observations before the ratio's own spread replaces the stated error. */
const TRUSTED_OBSERVATIONS = 20;
/** Spreads that the safety factor covers: about all but one in a hundred. */
const SPREADS = 4;

/** What is known of one model; plain data, so that a caller can keep it. */
export interface ModelRatio {
  /** `provider/model`. */
  readonly key: string;
  readonly observations: number;
  /** Mean of the logarithms of billed to counted. */
  readonly logRatio: number;
  /** Mean distance from that mean. */
  readonly spread: number;
}

/**
 * Learns by what each model's bill exceeds our count: a mean that forgets, of ratios within bounds. Counters made with it correct their
 * estimates; the caller reports each bill, keeps {@link data} and shows it as a metric.
 */
export class Calibration {
  private readonly ratios = new Map<string, ModelRatio>();

  constructor(data: readonly ModelRatio[] = []) {
    for (const ratio of data.slice(-MODELS_MAX)) if (isSound(ratio)) this.ratios.set(ratio.key, ratio);
  }

  /** Takes a bill: `counted` is the count without any correction. Bills of next to nothing say nothing and are passed over. */
  observe(key: string, counted: number, billed: number): void {
    if (!(counted >= COUNTED_MIN_TOKENS && billed > 0)) return;
    const observed = Math.log(Math.min(RATIO_MAX, Math.max(1 / RATIO_MAX, billed / counted)));
    const known = this.ratios.get(key) ?? { key, observations: 0, logRatio: 0, spread: 0 };
    const observations = known.observations + 1;
    const weight = Math.max(DECAY, 1 / observations);
    const logRatio = known.logRatio + weight * (observed - known.logRatio);
    const spread = known.spread + weight * (Math.abs(observed - logRatio) - known.spread);
    this.ratios.delete(key);
    this.ratios.set(key, { key, observations, logRatio, spread });
    if (this.ratios.size <= MODELS_MAX) return;
    for (const oldest of this.ratios.keys()) {
      this.ratios.delete(oldest);
      break;
    }
  }

  /** What to multiply a count of the model by: 1 until something is known, then nearing the learnt ratio. */
  correction(key: string): number {
    const known = this.ratios.get(key);
    if (known === undefined) return 1;
    const trust = Math.min(1, known.observations / TRUSTED_OBSERVATIONS);
    return Math.exp(known.logRatio * trust);
  }

  /** The safety factor: the stated one until enough is known, then one that covers what was seen. */
  safetyFactor(key: string, stated: number): number {
    const known = this.ratios.get(key);
    if (known === undefined || known.observations < TRUSTED_OBSERVATIONS) return stated;
    return Math.min(Math.max(stated, 1), Math.exp(SPREADS * known.spread));
  }

  /** All that is known, the model seen last at the end. */
  data(): readonly ModelRatio[] {
    return [...this.ratios.values()];
  }
}

/** Kept data may be of another version or damaged: what is not within bounds is forgotten. */
function isSound({ key, observations, logRatio, spread }: ModelRatio): boolean {
  const bound = Math.log(RATIO_MAX);
  return (
    typeof key === "string" &&
    Number.isSafeInteger(observations) &&
    observations > 0 &&
    Math.abs(logRatio) <= bound &&
    spread >= 0 &&
    spread <= 2 * bound
  );
}
