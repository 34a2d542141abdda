import type { Asked } from "./asked.ts";
import { type Feature, featureNames, type Supports } from "./feature.ts";

/** Collects the changes to a request's fields for a target that does not keep them all, in the words the client is told. */
export class Changes<Name extends string = Feature> {
  readonly #request: Asked<Name>;
  readonly #told: string[] = [];

  /** Notes the features that the format drops. */
  constructor(request: Asked<Name>, supports: Supports<Name>) {
    this.#request = request;
    for (const field of request.dropped) this.#told.push(`${field} dropped`);
    for (const [feature, field] of request.uses)
      if (supports[feature] === "dropped") this.#told.push(`${field} dropped`);
  }

  /** Notes what became of a feature, e.g. `clamped to 1`. */
  note(feature: Name, became: string): void {
    this.#told.push(`${this.field(feature)} ${became}`);
  }

  /** The client's field that asks for a feature. */
  field(feature: Name): string {
    return this.#request.uses.get(feature) ?? feature;
  }

  get told(): readonly string[] {
    return this.#told;
  }
}

/** Every feature of chat kept but those named. */
export function supportsAllBut(exceptions: Partial<Supports>): Supports {
  return keptBut(featureNames, exceptions);
}

/** Every one of these features kept but those named. */
export function keptBut<Name extends string>(
  names: readonly Name[],
  exceptions: Partial<Supports<Name>>,
): Supports<Name> {
  const kept = Object.fromEntries(names.map((name) => [name, "kept"])) as Supports<Name>;
  return Object.freeze({ ...kept, ...exceptions });
}
