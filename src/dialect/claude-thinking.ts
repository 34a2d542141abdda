import type { Changes } from "./changes.ts";
import type { ClaudeTraits } from "./claude-models.ts";
import type { JsonObject } from "./json-view.ts";
import type { ModelRequest, Reasoning, ReasoningEffort, Turn } from "./model-request.ts";
import { invalid } from "./read-field.ts";
import { numberAt } from "./read-json.ts";

/** Claude's `thinking`, also as Bedrock takes it; `effort` as it was said elsewhere. */
export function readThinking(thinking: JsonObject, effort: ReasoningEffort | undefined): Reasoning {
  switch (thinking.type) {
    case "enabled":
      return { kind: "budget", tokens: numberAt(thinking.budget_tokens, "thinking.budget_tokens") };
    case "adaptive":
      return { kind: "adaptive", effort };
    case "disabled":
      return { kind: "off" };
    default:
      throw invalid("thinking.type", "must be enabled, adaptive or disabled");
  }
}

/** What Claude is told of thinking: members of a Messages request, and of Converse's additional fields. */
export interface ClaudeThinking {
  readonly thinking?: object;
  readonly output_config?: { readonly effort: string };
}

/** Tokens of thought by effort, for models that take only a budget. */
const budgetTokens: Readonly<Record<ReasoningEffort, number>> = {
  minimal: 1_024,
  low: 1_024,
  medium: 4_096,
  high: 16_384,
  xhigh: 32_768,
  max: 32_768,
};
const budgetTokensMin = 1_024;

/**
 * The thinking members for a model of Claude's (https://platform.claude.com/docs/en/api/messages): newer ones by effort, older ones by a budget under the output cap.
 * Where a request forbids thinking, or the model cannot, it is left out and the client told.
 */
export function claudeThinking(
  request: ModelRequest,
  traits: ClaudeTraits,
  outputCap: number,
  changes: Changes,
): ClaudeThinking {
  const { reasoning, toolChoice } = request;
  if (reasoning === undefined) return {};
  if (reasoning.kind === "off") return traits.thinks ? { thinking: { type: "disabled" } } : {};
  const drop = (why: string): ClaudeThinking => {
    changes.note("reasoning", `dropped: ${why}`);
    return {};
  };
  if (!traits.thinks) return drop("this model does not reason");
  if (toolChoice?.kind === "required" || toolChoice?.kind === "tool")
    return drop("a forced tool choice excludes it");
  if (traits.adaptive) return adaptive(reasoning, changes);
  if (callsWithoutThought(request.turns)) return drop("the last tool call came back without its reasoning");
  const wanted = reasoning.kind === "budget" ? reasoning.tokens : budgetTokens[reasoning.effort ?? "high"];
  const tokens = Math.min(wanted, outputCap - 1);
  if (tokens < budgetTokensMin) return drop("the output cap leaves no room for it");
  if (reasoning.kind !== "budget" || tokens < wanted)
    changes.note("reasoning", `became a budget of ${tokens} tokens`);
  return { thinking: { type: "enabled", budget_tokens: tokens } };
}

function adaptive(reasoning: Exclude<Reasoning, { kind: "off" }>, changes: Changes): ClaudeThinking {
  const thinking = { type: "adaptive" };
  if (reasoning.kind === "budget") {
    const effort = effortOf(reasoning.tokens);
    changes.note("reasoning", `became effort ${effort}`);
    return { thinking, output_config: { effort } };
  }
  const { effort } = reasoning;
  if (effort === undefined) return { thinking };
  if (effort !== "minimal") return { thinking, output_config: { effort } };
  changes.note("reasoning", "became effort low");
  return { thinking, output_config: { effort: "low" } };
}

/** The effort that stands nearest to a budget of thought, for models that take no budget. */
export function effortOf(tokens: number): "low" | "medium" | "high" {
  if (tokens <= budgetTokens.low) return "low";
  return tokens <= budgetTokens.medium ? "medium" : "high";
}

/** A model told to think by budget refuses a tool loop whose last call has lost the thought before it. */
function callsWithoutThought(turns: readonly Turn[]): boolean {
  const last = turns.findLast((turn) => turn.role === "assistant");
  if (last === undefined || !last.parts.some((part) => part.type === "tool_call")) return false;
  return !last.parts.some(
    (part) => part.type === "redacted" || (part.type === "reasoning" && part.signature !== undefined),
  );
}
