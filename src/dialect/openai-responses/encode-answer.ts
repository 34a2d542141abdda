import type { Usage } from "../../usage/usage.ts";
import type { AnswerContext } from "../codec.ts";
import { known } from "../known.ts";
import type { AnswerChoice, ModelAnswer } from "../model-answer.ts";
import type { FinishReason } from "../model-event.ts";
import type { AnswerPart, ToolCallPart } from "../model-request.ts";
import { withSignature } from "../tool-call-id.ts";
import type { ResponsesMarks } from "./inspect.ts";
import { customInput, type OwnTool } from "./own-tools.ts";
import { sealRedacted, sealSignature } from "./reasoning-proof.ts";

/** The status of a response. */
export type ResponseStatus = "in_progress" | "completed" | "incomplete" | "failed";

/** A response, whole or as it stands before its end. */
export function encodeResponse(
  answer: Pick<ModelAnswer, "model" | "usage">,
  status: ResponseStatus,
  output: readonly object[],
  finish: FinishReason,
  context: AnswerContext,
): object {
  return {
    id: `resp_${plain(context)}`,
    object: "response",
    created_at: context.createdSec,
    status,
    error: status === "failed" ? { code: "server_error", message: "the model failed to answer" } : null,
    incomplete_details: status === "incomplete" ? { reason: incompleteReason(finish) } : null,
    instructions: null,
    max_output_tokens: context.facts.outputCap ?? null,
    metadata: {},
    model: answer.model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    store: false,
    temperature: null,
    tool_choice: "auto",
    tools: [],
    top_p: null,
    usage: answer.usage === undefined ? null : encodeResponsesUsage(answer.usage),
  };
}

/** A whole response. */
export function encodeWholeResponse(answer: ModelAnswer, context: AnswerContext): object {
  const [choice] = answer.choices;
  const output = encodeOutput(choice, context);
  return encodeResponse(answer, statusOf(choice.finish), output, choice.finish, context);
}

/** The status that the format gives a finished answer. */
export function statusOf(finish: FinishReason): Exclude<ResponseStatus, "in_progress"> {
  switch (finish) {
    case "length":
    case "content_filter":
      return "incomplete";
    case "error":
      return "failed";
    case "stop":
    case "tool_calls":
      return "completed";
  }
}

/** The items of an answer; each has the id that a stream gave it. */
export function encodeOutput({ parts, finish }: AnswerChoice, context: AnswerContext): readonly object[] {
  const last = parts.length - 1;
  const cut = statusOf(finish) === "incomplete";
  return parts.map((part, index) =>
    encodeItem(part, index, cut && index === last ? "incomplete" : "completed", context),
  );
}

/** One item: a message, a call, or what was thought. */
export function encodeItem(part: AnswerPart, index: number, status: string, context: AnswerContext): object {
  const id = itemId(part, index, context);
  switch (part.type) {
    case "text":
      return {
        id,
        type: "message",
        status,
        role: "assistant",
        content: [{ type: "output_text", text: part.text, annotations: [], logprobs: [] }],
      };
    case "image":
      return { id, type: "message", status, role: "assistant", content: [] };
    case "tool_call":
      return encodeCall(part, id, status, context);
    case "reasoning":
      return {
        id,
        type: "reasoning",
        summary: part.text === "" ? [] : [{ type: "summary_text", text: part.text }],
        ...(part.signature === undefined ? {} : { encrypted_content: sealSignature(part.signature) }),
      };
    case "redacted":
      return { id, type: "reasoning", summary: [], encrypted_content: sealRedacted(part.data) };
  }
}

function encodeCall(part: ToolCallPart, id: string, status: string, context: AnswerContext): object {
  const own = ownTool(part.name, context);
  const isCustom = own?.kind === "custom";
  return {
    id,
    type: isCustom ? "custom_tool_call" : "function_call",
    status,
    call_id: withSignature(part.id, part.signature),
    name: own?.name ?? part.name,
    ...known("namespace", own?.namespace),
    ...(isCustom ? { input: customInput(part.arguments) } : { arguments: part.arguments }),
  };
}

/** The client's own tool of a call by this name. Undefined for a plain function. */
export function ownTool(name: string, { facts }: AnswerContext): OwnTool | undefined {
  return (facts.marks as ResponsesMarks).ownTools.get(name);
}

/** The id of the item at a place, made from the exchange's. Its prefix says what it is: OpenAI refuses an item that comes back with another. */
export function itemId(part: ItemStart, index: number, context: AnswerContext): string {
  return `${prefixOf(part, context)}_${plain(context)}${index}`;
}

/** What an item's id depends on. */
export type ItemStart =
  | Pick<ToolCallPart, "type" | "name">
  | { readonly type: Exclude<AnswerPart["type"], "tool_call"> };

function prefixOf(part: ItemStart, context: AnswerContext): string {
  switch (part.type) {
    case "text":
    case "image":
      return "msg";
    case "tool_call":
      return ownTool(part.name, context)?.kind === "custom" ? "ctc" : "fc";
    case "reasoning":
    case "redacted":
      return "rs";
  }
}

/** Usage in the words of the Responses API. Unknown counts are written as 0, since the format cannot express them. */
function encodeResponsesUsage(usage: Usage): object {
  const { inputTokens = 0, outputTokens = 0, cachedInputTokens = 0, reasoningTokens = 0 } = usage;
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedInputTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  };
}

function incompleteReason(finish: FinishReason): string {
  return finish === "content_filter" ? "content_filter" : "max_output_tokens";
}

function plain({ id }: AnswerContext): string {
  return id.replaceAll("-", "");
}
