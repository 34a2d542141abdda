import { KeySet } from "../../core/key-set.ts";
import { bedrockErrorShape } from "../bedrock-error.ts";
import { bedrockInputTokens } from "../bedrock-usage.ts";
import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { ErrorResponse } from "../error-response.ts";
import { tokensOf } from "../json-view.ts";
import { pickMembers } from "../pick-members.ts";
import { ResponseState } from "../response-state.ts";
import { errorInStream } from "../upstream-error.ts";
import { WholeResponse } from "../whole-response.ts";

const answerKeys = new KeySet(["inputTextTokenCount", "message"]);

/** The transform for one answer with a vector; of its numbers nothing is parsed. */
export function passTitan(context: ResponseContext): ResponseTransform {
  const seen = new ResponseState(context.onText);
  if (context.status >= 400) return new ErrorResponse(seen, context.status, bedrockErrorShape);
  return new WholeResponse(
    seen,
    (answer) => {
      // Of models that read pictures it is null where there was one.
      if (typeof answer.message === "string") seen.error ??= errorInStream();
      const inputTokens = tokensOf(answer.inputTextTokenCount) ?? bedrockInputTokens(context.headers);
      // A picture is billed, too, and its price is in no answer.
      if (inputTokens !== undefined && context.facts.images === 0)
        seen.bill({ inputTokens, outputTokens: 0 });
      seen.content = seen.error === undefined;
    },
    (bytes) => pickMembers(bytes, answerKeys),
  );
}
