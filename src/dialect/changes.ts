import { GatewayError } from "../core/errors.ts";
import { type Feature, featureNames, type Supports } from "./feature.ts";
import type { ModelRequest } from "./model-request.ts";

/** Why a format cannot carry a request: the first feature it refuses, by the client's field; undefined when it can. */
export function refusalOf(request: ModelRequest, supports: Supports): GatewayError | undefined {
  for (const [feature, field] of request.uses) if (supports[feature] === "refused") return cannotSay(field);
  return undefined;
}

/** The refusal of a field that the target's format, or its model, has no way to say. */
export function cannotSay(
  field: string,
  why = "cannot be said in the format of this model's provider",
): GatewayError {
  return new GatewayError("unsupported", `${field} ${why}`, { param: field });
}

/** What became of a request's fields on the way to a target that does not keep them all, as the client is told. */
export class Changes {
  readonly #request: ModelRequest;
  readonly #told: string[] = [];

  /** Throws `unsupported` for a feature that the format refuses; those it drops are noted. */
  constructor(request: ModelRequest, supports: Supports) {
    const refusal = refusalOf(request, supports);
    if (refusal !== undefined) throw refusal;
    this.#request = request;
    for (const field of request.dropped) this.#told.push(`${field} dropped`);
    for (const [feature, field] of request.uses)
      if (supports[feature] === "dropped") this.#told.push(`${field} dropped`);
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
