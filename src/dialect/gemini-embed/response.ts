import { KeySet } from "../../core/key-set.ts";
import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { ErrorResponse } from "../error-response.ts";
import { geminiErrorShape } from "../gemini-generate/error.ts";
import { GenerateReader } from "../gemini-generate/events.ts";
import { pickMembers } from "../pick-members.ts";
import { ResponseState } from "../response-state.ts";
import { WholeResponse } from "../whole-response.ts";

const answerKeys = new KeySet(["usageMetadata", "error"]);

/** The transform for one answer with embeddings; of its numbers nothing is parsed. */
export function passEmbed(context: ResponseContext): ResponseTransform {
  const seen = new ResponseState(context.onText);
  if (context.status >= 400) return new ErrorResponse(seen, context.status, geminiErrorShape);
  const reader = new GenerateReader(seen);
  return new WholeResponse(
    seen,
    (answer) => {
      reader.note(answer);
      seen.content = seen.error === undefined;
    },
    (bytes) => pickMembers(bytes, answerKeys),
  );
}
