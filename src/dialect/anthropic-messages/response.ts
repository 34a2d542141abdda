import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { ErrorResponse } from "../error-response.ts";
import { filteredState } from "../filter/filtered-state.ts";
import { readByFraming } from "../sniffed-response.ts";
import { SseResponse } from "../sse-response.ts";
import { WholeResponse } from "../whole-response.ts";
import { anthropicErrorShape } from "./error.ts";
import { MessagesEvents, readMessage } from "./events.ts";

/** The transform for one answer of the Messages API: an error, a stream or a whole. */
export function passMessages(context: ResponseContext): ResponseTransform {
  const seen = filteredState(context);
  if (context.status >= 400) return new ErrorResponse(seen, context.status, anthropicErrorShape);
  return readByFraming(context, seen, {
    stream: () => new SseResponse(seen, new MessagesEvents(seen)),
    whole: () => new WholeResponse(seen, readMessage),
  });
}
