import type { Operation } from "./dialect.ts";
import { pathOf } from "./request-path.ts";

/** Longest model id accepted, in characters: an ARN of an inference profile has well under that. */
const modelIdCharsMax = 2048;
const pathPattern = /^\/model\/([^/]+)\/(converse|converse-stream|invoke|invoke-with-response-stream)$/;

/** The operation of a Bedrock path: model and stream are in it (reference/providers.md §1.7, §1.8). */
export function matchBedrock(
  name: "converse" | "invoke",
  method: string,
  path: string,
): Operation | undefined {
  const match = method === "POST" ? pathPattern.exec(pathOf(path)) : null;
  const [, encoded = "", action = ""] = match ?? [];
  if (!action.startsWith(name)) return undefined;
  const model = decode(encoded);
  if (model === undefined || model === "" || model.length > modelIdCharsMax) return undefined;
  return { name, model, stream: action.endsWith("-stream") };
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
