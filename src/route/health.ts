import { formatTarget, type Target } from "../plan/plan.ts";

/** Targets whose state is kept; the one heard of longest ago is forgotten first. */
const targetsMax = 4_096;
/** Length of the first ejection. Each further one without an answer in between lasts twice as long. */
const coolDownMs = 1_000;
const coolDownMaxMs = 60_000;
/** The longest a provider's own hint is heeded. */
const hintMaxMs = 3_600_000;
/** Length of an ejection for refused credentials or a missing model: neither mends itself soon. */
const refusedCoolDownMs = 30_000;
/** Failures are counted over this long. */
const windowMs = 10_000;
/** Failures in a window before their share counts. */
const failuresMin = 5;
const failureShareMax = 0.5;
/** Failures without an answer between them, whatever was answered before: a target that went away does not come back by what it was. */
const failuresInRowMax = 10;
/** Weight of the newest first-token time in the average. */
const latencyWeight = 0.2;

/** The reason a target was ejected. */
export type EjectionReason = "errors" | "throttled" | "refused" | "unavailable";

/** The state of a target: healthy, ejected until a moment, or due for one probe. */
export type TargetState =
  | { readonly kind: "healthy" }
  | { readonly kind: "ejected"; readonly why: EjectionReason; readonly untilMs: number }
  | { readonly kind: "probing"; readonly why: EjectionReason };

/** The outcome of an attempt, as far as it says something about its target. */
export type HealthSignal =
  | { readonly kind: "answered" }
  | { readonly kind: "failed" }
  /** `askedWaitMs`: how long the provider asks to be left alone; undefined if it does not say. */
  | { readonly kind: "throttled"; readonly askedWaitMs: number | undefined }
  /** Our credentials or our account: every model of the backend. */
  | { readonly kind: "refused" }
  /** This model alone. */
  | { readonly kind: "unavailable" };

/** The state and counts of one target. */
export interface TargetStatus {
  /** `backend/model`. */
  readonly target: string;
  readonly state: TargetState;
  readonly busy: number;
  readonly latencyMs: number | undefined;
  /** Attempts and failures in the window that runs. */
  readonly attempts: number;
  readonly failures: number;
  readonly total: TargetTotal;
}

/** Counts of one target since it was first heard of. */
export interface TargetTotal {
  readonly attempts: number;
  readonly failures: number;
  /** Times it was ejected. */
  readonly ejections: number;
}

/** Called when a target (`backend/model`, or `backend/*` for all of a backend) is ejected, or answers again. */
export type OnTargetState = (target: string, standing: TargetState, nowMs: number) => void;

/** The health of each target, from its answers and failures: its state, how fast and how busy it is. Times are monotonic milliseconds. */
export class Health {
  readonly #targets = new Map<string, TargetHealth>();
  readonly #onTargetState: OnTargetState;

  constructor(onTargetState: OnTargetState = () => {}) {
    this.#onTargetState = onTargetState;
  }

  state(target: Target, nowMs: number): TargetState {
    const backend = this.#targets.get(wholeBackend(target))?.state(nowMs) ?? healthy;
    if (backend.kind === "ejected") return backend;
    const own = this.#targets.get(formatTarget(target))?.state(nowMs) ?? healthy;
    return own.kind === "healthy" ? backend : own;
  }

  latencyMs(target: Target): number | undefined {
    return this.#targets.get(formatTarget(target))?.latencyMs;
  }

  busy(target: Target): number {
    return this.#targets.get(formatTarget(target))?.busy ?? 0;
  }

  /** A target that is due for a probe has been chosen: until the probe's answer is known, or is long due, the others go elsewhere. */
  claimProbe(target: Target, nowMs: number): void {
    this.#targets.get(wholeBackend(target))?.claimProbe(nowMs);
    this.#targets.get(formatTarget(target))?.claimProbe(nowMs);
  }

  /** An attempt begins there; if the target was due for a probe, this is it. */
  began(target: Target, nowMs: number): void {
    this.#targets.get(wholeBackend(target))?.began(nowMs);
    this.#of(formatTarget(target)).began(nowMs);
  }

  /** The attempt is over, whatever came of it. */
  ended(target: Target): void {
    for (const name of [wholeBackend(target), formatTarget(target)]) {
      const health = this.#targets.get(name);
      if (health !== undefined) health.busy = Math.max(0, health.busy - 1);
    }
  }

  /** Records the outcome of an attempt. Refused credentials eject every model of the backend. */
  note(target: Target, signal: HealthSignal, nowMs: number): void {
    const backend = wholeBackend(target);
    const concernsBackend =
      signal.kind === "refused" || (signal.kind !== "unavailable" && this.#targets.has(backend));
    if (concernsBackend) this.#note(backend, signal, nowMs);
    this.#note(formatTarget(target), signal, nowMs);
  }

  firstToken(target: Target, afterMs: number): void {
    const health = this.#of(formatTarget(target));
    const before = health.latencyMs ?? afterMs;
    health.latencyMs = before + latencyWeight * (afterMs - before);
  }

  /** Every target that is known, in the order they were last heard of. */
  list(nowMs: number): readonly TargetStatus[] {
    return [...this.#targets].map(([target, health]) => health.status(target, nowMs));
  }

  /** Begins anew, as if nothing had been heard of anyone. */
  forget(): void {
    this.#targets.clear();
  }

  #note(name: string, signal: HealthSignal, nowMs: number): void {
    const health = this.#of(name);
    const { isEjected } = health;
    health.note(signal, nowMs);
    if (health.isEjected !== isEjected) this.#onTargetState(name, health.state(nowMs), nowMs);
  }

  #of(name: string): TargetHealth {
    const known = this.#targets.get(name) ?? new TargetHealth();
    this.#targets.delete(name);
    this.#targets.set(name, known);
    if (this.#targets.size > targetsMax) {
      const [oldest] = this.#targets.keys();
      if (oldest !== undefined) this.#targets.delete(oldest);
    }
    return known;
  }
}

const healthy: TargetState = Object.freeze({ kind: "healthy" });

/** Where what concerns all models of a backend is kept. */
function wholeBackend({ backend }: Target): string {
  return `${backend}/*`;
}

class TargetHealth {
  busy = 0;
  latencyMs: number | undefined;
  #total = { attempts: 0, failures: 0, ejections: 0 };
  #windowStartMs = 0;
  #attempts = 0;
  #failures = 0;
  #failuresInRow = 0;
  #why: EjectionReason | undefined;
  #untilMs = 0;
  #ejectedTimes = 0;
  #probeUntilMs = 0;

  /** It has been ejected, and has not answered since. */
  get isEjected(): boolean {
    return this.#why !== undefined;
  }

  state(nowMs: number): TargetState {
    const why = this.#why;
    if (why === undefined) return healthy;
    if (nowMs < this.#untilMs) return { kind: "ejected", why, untilMs: this.#untilMs };
    if (nowMs < this.#probeUntilMs) return { kind: "ejected", why, untilMs: this.#probeUntilMs };
    return { kind: "probing", why };
  }

  began(nowMs: number): void {
    this.busy += 1;
    this.claimProbe(nowMs);
  }

  claimProbe(nowMs: number): void {
    if (this.state(nowMs).kind === "probing") this.#probeUntilMs = nowMs + ejectionMs(this.#ejectedTimes);
  }

  note(signal: HealthSignal, nowMs: number): void {
    this.#turn(nowMs);
    this.#attempts += 1;
    this.#total.attempts += 1;
    switch (signal.kind) {
      case "answered":
        this.#failuresInRow = 0;
        // Answers to attempts that were under way when the ejection began say nothing about the target's health now.
        if (this.#why !== undefined && nowMs < this.#untilMs) return;
        this.#why = undefined;
        this.#ejectedTimes = 0;
        return;
      case "refused":
        this.#fail();
        this.#eject("refused", nowMs, refusedCoolDownMs);
        return;
      case "unavailable":
        this.#fail();
        this.#eject("unavailable", nowMs, refusedCoolDownMs);
        return;
      case "throttled":
        this.#fail();
        this.#eject(
          "throttled",
          nowMs,
          Math.min(signal.askedWaitMs ?? ejectionMs(this.#ejectedTimes), hintMaxMs),
        );
        // Of two hints the longer wait holds, whichever came first.
        if (signal.askedWaitMs !== undefined)
          this.#untilMs = Math.max(this.#untilMs, nowMs + Math.min(signal.askedWaitMs, hintMaxMs));
        return;
      case "failed":
        this.#fail();
        this.#failuresInRow += 1;
        if (this.#why !== undefined || this.#failing())
          this.#eject("errors", nowMs, ejectionMs(this.#ejectedTimes));
        return;
    }
  }

  status(target: string, nowMs: number): TargetStatus {
    this.#turn(nowMs);
    return {
      target,
      state: this.state(nowMs),
      busy: this.busy,
      latencyMs: this.latencyMs,
      attempts: this.#attempts,
      failures: this.#failures,
      total: { ...this.#total },
    };
  }

  #fail(): void {
    this.#failures += 1;
    this.#total.failures += 1;
  }

  #failing(): boolean {
    if (this.#failuresInRow >= failuresInRowMax) return true;
    return this.#failures >= failuresMin && this.#failures >= failureShareMax * this.#attempts;
  }

  #eject(why: EjectionReason, nowMs: number, forMs: number): void {
    // Failures of attempts that left before the ejection began do not lengthen it.
    if (this.#why !== undefined && nowMs < this.#untilMs) return;
    this.#why = why;
    this.#untilMs = nowMs + forMs;
    this.#probeUntilMs = 0;
    this.#ejectedTimes += 1;
    this.#total.ejections += 1;
  }

  #turn(nowMs: number): void {
    if (nowMs - this.#windowStartMs < windowMs) return;
    this.#windowStartMs = nowMs;
    this.#attempts = 0;
    this.#failures = 0;
  }
}

function ejectionMs(times: number): number {
  return Math.min(coolDownMs * 2 ** times, coolDownMaxMs);
}
