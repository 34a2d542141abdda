import { KeySet } from "../../core/key-set.ts";
import { bedrockErrorShape } from "../bedrock-error.ts";
import { cohereErrorShape } from "../cohere-rerank/error.ts";
import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { ErrorResponse, type ErrorShape } from "../error-response.ts";
import type { JsonObject } from "../json-view.ts";
import { pickMembers } from "../pick-members.ts";
import { ResponseState } from "../response-state.ts";
import { errorInStream } from "../upstream-error.ts";
import { WholeResponse } from "../whole-response.ts";
import { cohereUsage } from "./usage.ts";

const answerKeys = new KeySet(["meta", "message"]);

/** The transform for one answer of Cohere's own API. */
export function passCohereEmbed(context: ResponseContext): ResponseTransform {
  return passEmbed(context, cohereErrorShape);
}

/** The transform for one answer of Cohere's models on Bedrock. */
export function passBedrockCohere(context: ResponseContext): ResponseTransform {
  return passEmbed(context, bedrockErrorShape);
}

function passEmbed(context: ResponseContext, errorShape: ErrorShape): ResponseTransform {
  const seen = new ResponseState(context.onText);
  if (context.status >= 400) return new ErrorResponse(seen, context.status, errorShape);
  return new WholeResponse(
    seen,
    (answer: JsonObject) => {
      if (typeof answer.message === "string") seen.error ??= errorInStream();
      const usage = cohereUsage(answer.meta, context.headers);
      if (usage !== undefined) seen.bill(usage);
      seen.content = seen.error === undefined;
    },
    (bytes) => pickMembers(bytes, answerKeys),
  );
}
