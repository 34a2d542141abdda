import { bedrockErrorShape } from "../bedrock-error.ts";
import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { ErrorResponse } from "../error-response.ts";
import { EventStreamResponse } from "../event-stream-response.ts";
import { filteredState } from "../filter/filtered-state.ts";
import { isAwsEventStream } from "../streamed.ts";
import { WholeResponse } from "../whole-response.ts";
import { ConverseEvents, readConverse } from "./events.ts";

/** The transform for one answer of Converse: an error, a stream or a whole. */
export function passConverse(context: ResponseContext): ResponseTransform {
  const seen = filteredState(context);
  if (context.status >= 400) return new ErrorResponse(seen, context.status, bedrockErrorShape);
  if (isAwsEventStream(context)) return new EventStreamResponse(seen, new ConverseEvents(seen));
  return new WholeResponse(seen, readConverse);
}
