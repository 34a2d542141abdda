import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { ErrorResponse } from "../error-response.ts";
import { filteredState } from "../filter/filtered-state.ts";
import { openaiErrorShape } from "../openai-error.ts";
import { readByFraming } from "../sniffed-response.ts";
import { SseResponse } from "../sse-response.ts";
import { WholeResponse } from "../whole-response.ts";
import { ResponsesEvents, readResponse } from "./events.ts";

/** The transform for one answer of the Responses API: an error, a stream or a whole. */
export function passResponses(context: ResponseContext): ResponseTransform {
  const seen = filteredState(context);
  if (context.status >= 400) return new ErrorResponse(seen, context.status, openaiErrorShape);
  return readByFraming(context, seen, {
    stream: () => new SseResponse(seen, new ResponsesEvents(seen)),
    whole: () => new WholeResponse(seen, readResponse),
  });
}
