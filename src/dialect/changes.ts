import { type Feature, featureNames, type Supports } from "./feature.ts";
import type { ModelRequest } from "./model-request.ts";
import { checkReach, type Reach } from "./reach.ts";

/** What became of a request's fields on the way to a target that does not keep them all, as the client is told. */
export class Changes {
  readonly #request: ModelRequest;
  readonly #told: string[] = [];

  /** Throws what lies beyond the format's reach; features it drops are noted. */
  constructor(request: ModelRequest, reach: Reach) {
    checkReach(request, reach);
    this.#request = request;
    for (const field of request.dropped) this.#told.push(`${field} dropped`);
    for (const [feature, field] of request.uses)
      if (reach.supports[feature] === "dropped") this.#told.push(`${field} dropped`);
  }

  /** Notes what became of a feature, e.g. `clamped to 1`. */
  note(feature: Feature, became: string): void {
    this.#told.push(`${this.field(feature)} ${became}`);
  }

  /** The client's field that asks for a feature. */
  field(feature: Feature): string {
    return this.#request.uses.get(feature) ?? feature;
  }

  get told(): readonly string[] {
    return this.#told;
  }
}

/** Every feature kept but those named. */
export function supportsAllBut(exceptions: Partial<Supports>): Supports {
  const kept = Object.fromEntries(featureNames.map((feature) => [feature, "kept"])) as unknown as Supports;
  return Object.freeze({ ...kept, ...exceptions });
}
