/** Names of models that embed; those of the vendors say so, and these families are known without. */
const embedders = /embed|^(?:bge|e5|gte|m3e|all-minilm|instructor|voyage)-(?!.*rerank)/;

/** Parts that a model's hosts add to its name: regions, its vendor, its place in a catalogue, and versions of the deployment. */
const added = [/^.*\//, /^(?:(?:us|eu|apac|global)\.)?(?:amazon|cohere)\./, /:[\w.-]*$/, /(?<=-v\d+)\.0$/];

/**
 * The vector space of a model, by its name alone: vectors of two can be compared only where these are equal. Hosts of one model name it
 * almost alike, e.g. `cohere.embed-v4:0` and `embed-v4.0`.
 */
export function vectorSpaceOf(model: string): string {
  return added.reduce((name, part) => name.replace(part, ""), model.toLowerCase());
}

/** True if a model is known to embed. Others may embed too, under names of their own. */
export function embeds(model: string): boolean {
  return embedders.test(vectorSpaceOf(model));
}
