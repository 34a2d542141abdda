/** Facts that every request without a wire format has, whatever it asks for. */
export interface Asked<Feature extends string = string> {
  /** The features it uses that not every format has, each with the client's first field that uses it. */
  readonly uses: ReadonlyMap<Feature, string>;
  /** Fields of the client's format alone that no other can carry and whose loss changes no answer. */
  readonly dropped: readonly string[];
}

/** The same while a client's request is read. */
export class AskedDraft<Feature extends string> implements Asked<Feature> {
  readonly uses: Map<Feature, string> = new Map();
  readonly dropped: string[] = [];

  /** Notes that a field asks for a feature; the first one is what the client will be told of. */
  use(feature: Feature, field: string): void {
    if (!this.uses.has(feature)) this.uses.set(feature, field);
  }

  /** Notes a field that can be left out without harm. */
  drop(field: string): void {
    if (!this.dropped.includes(field)) this.dropped.push(field);
  }
}
