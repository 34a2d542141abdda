import { appendAll } from "../core/append-all.ts";
import type { Changes } from "./changes.ts";
import type { ModelRequest, Part, TextPart } from "./model-request.ts";
import { invalid } from "./read-field.ts";

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
 * front; leaves out blank text, which these formats refuse. They refuse a conversation without a turn, too: where all there is is system text,
 * the last of it is what is asked. Throws `invalid_request` where nothing is said at all.
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
  if (turns.length === 0) turns.push(asked(system));
  if (request.uses.has("system_later")) changes.note("system_later", "moved to the front");
  for (const { parts } of turns) parts.sort(byResult);
  return { system, turns };
}

function asked(system: TextPart[]): MergedTurn {
  const last = system.pop();
  if (last === undefined) throw invalid("messages", "must say something");
  return { role: "user", parts: [last], field: "messages" };
}

/** True if a part has content: blank text has none. */
export function isSaid(part: Part): boolean {
  return part.type !== "text" || part.text.trim() !== "";
}

function byResult(one: Part, other: Part): number {
  return Number(other.type === "tool_result") - Number(one.type === "tool_result");
}
