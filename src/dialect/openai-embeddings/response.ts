import { KeySet } from "../../core/key-set.ts";
import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { ErrorResponse } from "../error-response.ts";
import { wholeData } from "../event-data.ts";
import { type JsonObject, objectOf, textOf, tokensOf } from "../json-view.ts";
import { openaiErrorShape } from "../openai-error.ts";
import { pickMembers } from "../pick-members.ts";
import { ResponseState } from "../response-state.ts";
import { errorInStream } from "../upstream-error.ts";
import { WholeResponse } from "../whole-response.ts";

const answerKeys = new KeySet(["model", "usage", "error"]);

/** The transform for one answer with embeddings; of the megabytes of numbers nothing is parsed. */
export function passEmbeddings(context: ResponseContext): ResponseTransform {
  const seen = new ResponseState(context.onText);
  if (context.status >= 400) return new ErrorResponse(seen, context.status, openaiErrorShape);
  return new WholeResponse(seen, readEmbeddings, readable);
}

/** What is read of an answer; servers in Python write numbers that JSON has not, which clients of this format are used to. */
function readable(bytes: Buffer): JsonObject | undefined {
  return pickMembers(bytes, answerKeys) ?? wholeData(bytes);
}

function readEmbeddings(answer: JsonObject, seen: ResponseState): void {
  const error = objectOf(answer.error);
  if (error !== undefined) seen.error ??= errorInStream(error.type, error.code);
  seen.model ??= textOf(answer.model);
  const usage = objectOf(answer.usage);
  if (usage !== undefined) seen.bill({ inputTokens: tokensOf(usage.prompt_tokens), outputTokens: 0 });
  seen.content = seen.error === undefined;
}
