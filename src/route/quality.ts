import { formatTarget, type Target } from "../plan/plan.ts";

/** Tallies that are kept; the one heard of longest ago is forgotten first. */
const talliesMax = 8_192;
/** Weight of past answers halves after this time, so that a target that was poor gets another chance. */
const halfLifeMs = 600_000;
/** Fewer answers than this, as they count by now, say nothing. */
const answersMin = 10;

/** Where answers are checked: a target, under one of the config's models, for one workflow. */
export interface CheckedPlace {
  readonly target: Target;
  /** The entry of the config's `models`. */
  readonly model: string;
  /** Empty: all of them. */
  readonly workflow: string;
}

/** How often the answers of one place pass their checks, lately. */
export interface PassRate {
  readonly model: string;
  readonly workflow: string;
  /** From 0 to 1. */
  readonly passRate: number;
  /** Number of answers behind the rate; older ones count for less than one. */
  readonly answers: number;
}

/** How often answers pass their checks, by target, model and workflow: a share that forgets. Times are monotonic milliseconds. */
export class Quality {
  readonly #tallies = new Map<string, Tally>();

  /** An answer was checked. */
  note(place: CheckedPlace, passed: boolean, nowMs: number): void {
    this.#of({ ...place, workflow: "" }).note(passed, nowMs);
    if (place.workflow !== "") this.#of(place).note(passed, nowMs);
  }

  /** The share of answers that pass: of this workflow's, else of all the model's. Undefined if there are too few to tell. */
  passRate(place: CheckedPlace, nowMs: number): number | undefined {
    return this.#known(place, nowMs) ?? this.#known({ ...place, workflow: "" }, nowMs);
  }

  /** Rates of a target, `backend/model`: for each of its models over all workflows, and for each workflow. */
  list(target: string, nowMs: number): readonly PassRate[] {
    const rates: PassRate[] = [];
    for (const tally of this.#tallies.values()) {
      if (tally.target !== target) continue;
      const { passRate, answers } = tally.current(nowMs);
      if (answers < 0.5) continue;
      rates.push({ model: tally.model, workflow: tally.workflow, passRate, answers });
    }
    return rates;
  }

  /** Begins anew, as if nothing had been checked. */
  forget(): void {
    this.#tallies.clear();
  }

  #known(place: CheckedPlace, nowMs: number): number | undefined {
    const current = this.#tallies.get(keyOf(place))?.current(nowMs);
    return current === undefined || Math.round(current.answers) < answersMin ? undefined : current.passRate;
  }

  #of(place: CheckedPlace): Tally {
    const key = keyOf(place);
    const tally = this.#tallies.get(key) ?? new Tally(place);
    this.#tallies.delete(key);
    this.#tallies.set(key, tally);
    if (this.#tallies.size > talliesMax) {
      const [oldest] = this.#tallies.keys();
      if (oldest !== undefined) this.#tallies.delete(oldest);
    }
    return tally;
  }
}

class Tally {
  readonly target: string;
  readonly model: string;
  readonly workflow: string;
  #passed = 0;
  #answers = 0;
  #atMs = 0;

  constructor({ target, model, workflow }: CheckedPlace) {
    this.target = formatTarget(target);
    this.model = model;
    this.workflow = workflow;
  }

  note(passed: boolean, nowMs: number): void {
    const left = this.#left(nowMs);
    this.#passed = this.#passed * left + (passed ? 1 : 0);
    this.#answers = this.#answers * left + 1;
    this.#atMs = nowMs;
  }

  current(nowMs: number): Pick<PassRate, "passRate" | "answers"> {
    return { passRate: this.#passed / this.#answers, answers: this.#answers * this.#left(nowMs) };
  }

  #left(nowMs: number): number {
    return 2 ** ((this.#atMs - nowMs) / halfLifeMs);
  }
}

function keyOf({ target, model, workflow }: CheckedPlace): string {
  return JSON.stringify([formatTarget(target), model, workflow]);
}
