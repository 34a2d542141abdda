import type { Operation } from "./dialect.ts";
import { decodeSegment } from "./path-segment.ts";
import { pathOf } from "./request-path.ts";

/** Longest model id accepted, in characters: an ARN of an inference profile has well under that. */
const modelIdCharsMax = 2048;
const pathPattern = /^\/model\/([^/]+)\/(converse|converse-stream|invoke|invoke-with-response-stream)$/;

/** The operation of a Bedrock path: model and stream are in it (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html). */
export function matchBedrock(
  name: "converse" | "invoke",
  method: string,
  path: string,
): Operation | undefined {
  const match = method === "POST" ? pathPattern.exec(pathOf(path)) : null;
  const [, encoded = "", action = ""] = match ?? [];
  if (!action.startsWith(name)) return undefined;
  const model = decodeSegment(encoded);
  if (model === undefined || model === "" || model.length > modelIdCharsMax) return undefined;
  return { name, model, stream: action.endsWith("-stream") };
}

/** The maker of the embeddings of a model on Bedrock, by its name alone, as are the bodies that InvokeModel takes. Undefined if it makes none, or the maker is unknown. */
export function embedderOf(model: string): "titan" | "cohere" | undefined {
  if (!/embed/i.test(model)) return undefined;
  if (/titan/i.test(model)) return "titan";
  return /cohere/i.test(model) ? "cohere" : undefined;
}

/** The operation of a path of InvokeModel for embeddings of this vendor. */
export function matchEmbedder(
  vendor: "titan" | "cohere",
  method: string,
  path: string,
): Operation | undefined {
  const operation = matchBedrock("invoke", method, path);
  if (operation?.stream !== false || embedderOf(operation.model ?? "") !== vendor) return undefined;
  return { ...operation, name: `invoke_${vendor}` };
}
