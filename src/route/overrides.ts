import type { Target } from "../plan/plan.ts";
import { choosesTargets, coversRequest, coversTarget, type Override, type Scoped } from "./override.ts";

/** Overrides in force at once, at most. */
export const overridesMax = 256;

/** The overrides in force. Times are wall times; what has expired is as if it had never been. */
export class Overrides {
  #all: readonly Override[];

  constructor(all: readonly Override[] = []) {
    this.#all = all;
  }

  /** False while there is nothing to ask for: the ordinary case. */
  get any(): boolean {
    return this.#all.length > 0;
  }

  /** Those in force, oldest first. */
  list(nowMs: number): readonly Override[] {
    return this.#all.filter((one) => isInForce(one, nowMs));
  }

  /** From now on these are in force, and no others. */
  replace(all: readonly Override[]): void {
    this.#all = all;
  }

  /** The override that refuses a request whatever its targets. Undefined if there is none. */
  refusing(request: Scoped, nowMs: number): Override | undefined {
    return this.#all.find(
      ({ action, scope, ...rest }) =>
        action !== "force" &&
        !choosesTargets(scope) &&
        isInForce(rest, nowMs) &&
        coversRequest(scope, request),
    );
  }

  /** The override that excludes a target from a request's plan. Undefined if there is none. */
  excluding(target: Target, request: Scoped, nowMs: number): Override | undefined {
    return this.#all.find(
      ({ action, scope, ...rest }) =>
        action !== "force" &&
        choosesTargets(scope) &&
        isInForce(rest, nowMs) &&
        coversTarget(scope, target) &&
        coversRequest(scope, request),
    );
  }

  /** True if an override has the target asked although it is ejected. */
  forces(target: Target, request: Scoped, nowMs: number): boolean {
    return this.#all.some(
      ({ action, scope, ...rest }) =>
        action === "force" &&
        isInForce(rest, nowMs) &&
        coversTarget(scope, target) &&
        coversRequest(scope, request),
    );
  }
}

function isInForce({ untilMs }: Pick<Override, "untilMs">, nowMs: number): boolean {
  return untilMs === undefined || nowMs < untilMs;
}
