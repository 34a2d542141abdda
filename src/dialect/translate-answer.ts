import type { MakeDecoder } from "./answer-decoder.ts";
import type { EventEncoder } from "./codec.ts";
import type { ResponseContext, ResponseTransform } from "./dialect.ts";
import { filteredEncoder } from "./filter/filtered-encoder.ts";
import { ResponseState } from "./response-state.ts";
import { readByFraming } from "./sniffed-response.ts";
import { SseResponse } from "./sse-response.ts";
import { TranslatedStream } from "./translated-stream.ts";
import { TranslatedWhole } from "./translated-whole.ts";

/** An answer in server-sent events, or whole, on its way to a client of another format. */
export function translateAnswer(
  context: ResponseContext,
  encoder: EventEncoder,
  makeDecoder: MakeDecoder,
): ResponseTransform {
  const seen = new ResponseState(context.onText);
  const writer = filteredEncoder(encoder, context.filter);
  return readByFraming(context, seen, {
    stream: () => new SseResponse(seen, new TranslatedStream(seen, makeDecoder, writer)),
    whole: () => new TranslatedWhole(seen, makeDecoder, writer),
  });
}
