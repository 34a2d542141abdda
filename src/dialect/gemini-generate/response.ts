import { KeySet } from "../../core/key-set.ts";
import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { ErrorResponse } from "../error-response.ts";
import { pickMembers } from "../pick-members.ts";
import { ResponseState } from "../response-state.ts";
import { SseResponse } from "../sse-response.ts";
import { isEventStream } from "../streamed.ts";
import { WholeResponse } from "../whole-response.ts";
import { geminiErrorShape } from "./error.ts";
import { GenerateEvents, GenerateReader } from "./events.ts";

const embeddingKeys = new KeySet(["usageMetadata", "error"]);

/** The transform for one answer of Gemini: an error, a stream, a whole or embeddings. */
export function passGenerate(context: ResponseContext): ResponseTransform {
  const seen = new ResponseState(context.onText);
  if (context.status >= 400) return new ErrorResponse(seen, context.status, geminiErrorShape);
  if (isEventStream(context)) return new SseResponse(seen, new GenerateEvents(seen));
  const reader = new GenerateReader(seen);
  switch (context.facts.operation.name) {
    case "embed":
    case "embed_batch":
      return new WholeResponse(
        seen,
        (answer) => {
          reader.note(answer);
          seen.content = true;
        },
        (bytes) => pickMembers(bytes, embeddingKeys),
      );
    default:
      return new WholeResponse(seen, (answer) => {
        reader.note(answer);
        seen.refuseEmpty();
      });
  }
}
