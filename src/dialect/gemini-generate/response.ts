import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { ErrorResponse } from "../error-response.ts";
import { filteredState } from "../filter/filtered-state.ts";
import { readByFraming } from "../sniffed-response.ts";
import { SseResponse } from "../sse-response.ts";
import { WholeResponse } from "../whole-response.ts";
import { geminiErrorShape } from "./error.ts";
import { GenerateEvents, GenerateReader } from "./events.ts";

/** The transform for one answer of Gemini: an error, a stream or a whole. */
export function passGenerate(context: ResponseContext): ResponseTransform {
  const seen = filteredState(context);
  if (context.status >= 400) return new ErrorResponse(seen, context.status, geminiErrorShape);
  const reader = new GenerateReader(seen);
  return readByFraming(context, seen, {
    stream: () => new SseResponse(seen, new GenerateEvents(seen)),
    whole: () =>
      new WholeResponse(seen, (answer) => {
        reader.note(answer);
        seen.refuseEmpty();
      }),
  });
}
