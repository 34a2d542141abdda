import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { ErrorResponse } from "../error-response.ts";
import { filteredState } from "../filter/filtered-state.ts";
import type { JsonObject } from "../json-view.ts";
import { openaiErrorShape } from "../openai-error.ts";
import type { ResponseState } from "../response-state.ts";
import { readByFraming } from "../sniffed-response.ts";
import { SseResponse } from "../sse-response.ts";
import { WholeResponse } from "../whole-response.ts";
import { ChatEvents, readChat } from "./events.ts";

/** The transform for one chat answer: an error, a stream or a whole. */
export function passChat(context: ResponseContext): ResponseTransform {
  const seen = filteredState(context);
  if (context.status >= 400) return new ErrorResponse(seen, context.status, openaiErrorShape);
  return readByFraming(context, seen, {
    stream: () => new SseResponse(seen, new ChatEvents(seen, context.facts.wantsUsage)),
    whole: () => new WholeResponse(seen, readWhole),
  });
}

function readWhole(answer: JsonObject, seen: ResponseState): void {
  readChat(answer, seen);
  seen.refuseEmpty();
}
