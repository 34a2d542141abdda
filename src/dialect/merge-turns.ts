import { appendAll } from "../core/append-all.ts";
import type { Changes } from "./changes.ts";
import type { ModelRequest, Part, TextPart } from "./model-request.ts";

/** Everything one side says until the other does. */
export interface MergedTurn {
  readonly role: "user" | "assistant";
  readonly parts: Part[];
  /** Where its first part's turn stands in the client's request. */
  readonly field: string;
}

/** A conversation for formats that know one system text and turns that alternate. */
export interface Conversation {
  readonly system: readonly TextPart[];
  readonly turns: readonly MergedTurn[];
}

/**
 * Merges neighbouring turns of one role, tool results first, as they must directly follow their calls; moves later system messages to the
 * front; leaves out blank text, which these formats refuse.
 */
export function mergeTurns(request: ModelRequest, changes: Changes): Conversation {
  const system = request.system.filter(isSaid);
  const turns: MergedTurn[] = [];
  for (const { role, parts, field } of request.turns) {
    const said = parts.filter(isSaid);
    if (role === "system") {
      appendAll(
        system,
        said.filter((part): part is TextPart => part.type === "text"),
      );
      continue;
    }
    if (said.length === 0) continue;
    const last = turns.at(-1);
    if (last?.role === role) appendAll(last.parts, said);
    else turns.push({ role, parts: [...said], field });
  }
  if (request.uses.has("system_later")) changes.note("system_later", "moved to the front");
  for (const { parts } of turns) parts.sort(byResult);
  return { system, turns };
}

function isSaid(part: Part): boolean {
  return part.type !== "text" || part.text.trim() !== "";
}

function byResult(one: Part, other: Part): number {
  return Number(other.type === "tool_result") - Number(one.type === "tool_result");
}
