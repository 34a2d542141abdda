import { type Feature, featureNames, type Supports } from "../dialect/feature.ts";
import { type Capability, capabilities, type ModelFacts } from "../plan/model-facts.ts";

/** The requirement that asks for a feature, e.g. `document-url` for `document_url`. */
function requirementOf(feature: Feature): string {
  return feature.replaceAll("_", "-");
}

/** Some abilities of a model also need a feature of its provider's format. */
const formatNeeds: ReadonlyMap<string, Feature> = new Map([
  ...featureNames.map((feature) => [requirementOf(feature), feature] as const),
  ["images", "image_base64"],
]);

/** Everything that a rule of `routes` can require of a target: abilities of its model and features of its provider's format. */
export const requirements: readonly string[] = [...new Set([...capabilities, ...formatNeeds.keys()])];

/** True if a target does what is required. Unknown abilities of a model count as missing. `supports` is undefined for formats that pass unchanged. */
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
