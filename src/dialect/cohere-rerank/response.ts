import { KeySet } from "../../core/key-set.ts";
import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { ErrorResponse } from "../error-response.ts";
import { type JsonObject, objectOf, tokensOf } from "../json-view.ts";
import { pickMembers } from "../pick-members.ts";
import { ResponseState } from "../response-state.ts";
import { errorInStream } from "../upstream-error.ts";
import { WholeResponse } from "../whole-response.ts";
import { cohereErrorShape } from "./error.ts";

const answerKeys = new KeySet(["meta", "message"]);

/** The transform for one reranked list. */
export function passRerank(context: ResponseContext): ResponseTransform {
  const seen = new ResponseState(context.onText);
  if (context.status >= 400) return new ErrorResponse(seen, context.status, cohereErrorShape);
  return new WholeResponse(seen, readRerank, (bytes) => pickMembers(bytes, answerKeys));
}

/** Reranking is billed by searches; tokens are told by some models only, and stay unknown with the others. */
function readRerank(answer: JsonObject, seen: ResponseState): void {
  if (typeof answer.message === "string") {
    seen.error ??= errorInStream();
    return;
  }
  const meta = objectOf(answer.meta);
  const tokens = objectOf(meta?.tokens) ?? objectOf(meta?.billed_units);
  const inputTokens = tokensOf(tokens?.input_tokens);
  const searches = tokensOf(objectOf(meta?.billed_units)?.search_units) ?? 1;
  seen.content = true;
  if (inputTokens === undefined && searches === 1) return;
  const outputTokens = tokensOf(tokens?.output_tokens) ?? 0;
  seen.bill({ inputTokens, outputTokens, ...(searches === 1 ? undefined : { calls: searches }) });
}
