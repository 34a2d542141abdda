import { refusedOfMessages } from "../anthropic-messages/inspect.ts";
import { readTools } from "../anthropic-messages/prompt.ts";
import { enterObject, invalid } from "../read-field.ts";
import {
  asksForMore,
  foldedKey,
  type RefusedMembers,
  refusalOf,
  refusedMembers,
} from "../refused-members.ts";
import type { RequestDraft } from "../request-draft.ts";

const path = "additionalModelRequestFields";

/** The output caps of model families: beside `inferenceConfig` each would be a second cap. */
const nativeCaps: ReadonlySet<string> = new Set(
  [
    "max_tokens",
    "max_tokens_to_sample",
    "max_completion_tokens",
    "max_output_tokens",
    "max_gen_len",
    "maxTokenCount",
    "max_new_tokens",
    "max_length",
  ].map(foldedKey),
);

/** Objects in which families keep their caps. */
const nativeConfigs: ReadonlySet<string> = new Set(
  ["inferenceConfig", "textGenerationConfig"].map(foldedKey),
);

/** Members of the families' formats beyond Converse's: more answers (Cohere, AI21, OpenAI), another model or prompt. */
const refused: RefusedMembers = new Map([
  ...refusedOfMessages,
  ...refusedMembers({
    output: ["n", "best_of", "num_generations", "numResults", "num_results", "candidate_count"],
    model: ["model", "modelId", "models"],
    hosted: ["web_search_options", "connectors", "guardrailConfig", "guardrailIdentifier"],
    stored: ["context_management", "previous_response_id", "conversation", "chat_history"],
  }),
]);

/**
 * Reads `additionalModelRequestFields`: members of the model's own format, which Bedrock puts into its request as they are. All of it counts as
 * text of the prompt, which tools and messages in it are; Claude's tools go by the table of Messages.
 */
export function readNativeFields(draft: RequestDraft, at: string = path): void {
  const { scan, text } = draft;
  if (!enterObject(scan, at)) return;
  for (let name = scan.nextName(); name !== undefined; name = scan.nextName()) {
    const key = foldedKey(name);
    const param = `${at}.${name.slice(0, 64)}`;
    const member = refused.get(key);
    if (nativeCaps.has(key)) throw invalid(param, "must be given as inferenceConfig.maxTokens");
    if (member !== undefined) {
      if (asksForMore(scan, member)) throw refusalOf(member, param);
    } else if (nativeConfigs.has(key)) readNativeFields(draft, param);
    else if (key === "tools" && scan.kind() === "array") readTools(draft);
    else text.value(scan);
  }
}
