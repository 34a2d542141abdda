import { type Feature, featureNames, type Supports } from "../dialect/feature.ts";
import { type Capability, capabilities, type ModelFacts } from "../plan/model-facts.ts";

/** The requirement that asks for a feature, e.g. `document-url` for `document_url`. */
function requirementOf(feature: Feature): string {
  return feature.replaceAll("_", "-");
}

/** What a model has to be able to do may also need a word in its provider's format. */
const formatNeeds: ReadonlyMap<string, Feature> = new Map([
  ...featureNames.map((feature) => [requirementOf(feature), feature] as const),
  ["images", "image_base64"],
]);

/** What a rule of `routes` can require of a target: what its model can do, and what its provider's format can say. */
export const requirements: readonly string[] = [...new Set([...capabilities, ...formatNeeds.keys()])];

/** Whether a target does what is required; what nobody knows of a model counts as missing. `supports` is undefined for formats that pass as they are. */
export function meets(
  requirement: string,
  facts: ModelFacts,
  supports: Supports<string> | undefined,
): boolean {
  if (isCapability(requirement) && facts.capabilities?.includes(requirement) !== true) return false;
  const feature = formatNeeds.get(requirement);
  if (feature === undefined || supports === undefined) return true;
  return supports[feature] === "kept" || supports[feature] === "adapted";
}

function isCapability(name: string): name is Capability {
  return capabilities.some((capability) => capability === name);
}
