import { GatewayError } from "../../core/errors.ts";
import type { Feature } from "../../dialect/feature.ts";
import { type Capability, modelFactsOf } from "../../plan/model-facts.ts";
import type { Target } from "../../plan/plan.ts";
import type { Admitted } from "../state/exchange.ts";
import { modelRequestOf } from "./transports.ts";

/**
 * The reason why a target's model cannot do what is asked, naming the client's field where it is known. Undefined if it can, or if that is unknown.
 */
export function cannotDo(admitted: Admitted, target: Target): GatewayError | undefined {
  const { capabilities } = modelFactsOf(target.model);
  if (capabilities === undefined) return undefined;
  const { facts } = admitted;
  if (facts.images > 0 && !capabilities.includes("images")) return lack(admitted, "images");
  if (facts.tools > 0 && !capabilities.includes("tools")) return lack(admitted, "tools");
  if (facts.responseFormat === "json-schema" && !capabilities.includes("json-schema"))
    return lack(admitted, "json-schema");
  return undefined;
}

type Checked = Exclude<Capability, "reasoning">;

/** The request's field for each ability, and the words for a model without it. */
const lacks: Readonly<Record<Checked, { readonly says: string; readonly by: readonly Feature[] }>> = {
  images: { says: "takes no images", by: ["image_base64", "image_url"] },
  tools: { says: "takes no tools", by: ["tools"] },
  "json-schema": { says: "answers by no JSON schema", by: ["json_schema"] },
};

function lack(admitted: Admitted, capability: Checked): GatewayError {
  const { says, by } = lacks[capability];
  const field = fieldOf(admitted, by);
  if (field === undefined) return new GatewayError("unsupported", `the model ${says}`);
  return new GatewayError("unsupported", `${field} needs a feature that the model lacks: it ${says}`, {
    param: field,
  });
}

/** The client's field that asks for one of these; only who can be translated can be read for it. */
function fieldOf(admitted: Admitted, features: readonly Feature[]): string | undefined {
  const { client } = admitted.exchange.dialect;
  if (client?.operations.includes(admitted.exchange.operation.name) !== true) return undefined;
  try {
    const { uses } = modelRequestOf(admitted, client);
    const feature = features.find((one) => uses.has(one));
    return feature === undefined ? undefined : uses.get(feature);
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}
