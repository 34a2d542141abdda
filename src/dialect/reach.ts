import { GatewayError } from "../core/errors.ts";
import type { Asked } from "./asked.ts";
import type { Supports } from "./feature.ts";
import { isSaid } from "./merge-turns.ts";
import type { ModelRequest, Part, Turn } from "./model-request.ts";
import { invalid } from "./read-field.ts";
import { argumentsObject } from "./tool-arguments.ts";

/** The features that a format has, and the bounds within which it takes them. */
export interface Reach {
  readonly supports: Supports;
  /** Names of tools that it takes. */
  readonly toolName: RegExp;
  /** Most stop sequences. Undefined for no bound. */
  readonly stopMax?: number;
  /** Refuses stop sequences of white space alone. */
  readonly refusesBlankStop?: boolean;
  /** Cannot be told to call no tool any more once some were called. */
  readonly refusesNoneAfterCalls?: boolean;
  /** Refuses a conversation in which the assistant speaks first. */
  readonly userFirst?: boolean;
  /** The result of a tool carries the name of its call, which must exist. */
  readonly namesResults?: boolean;
  /** Takes the arguments of earlier calls as text, whatever they are. */
  readonly argumentsAsText?: boolean;
  /** Fetches nothing but what is said to be at `http:` or `https:`. */
  readonly httpOnly?: boolean;
  /** Media types of pictures and documents in base64, as keys. Undefined for all. */
  readonly imageTypes?: Readonly<Record<string, string>>;
  readonly documentTypes?: Readonly<Record<string, string>>;
}

/** Throws `unsupported` or `invalid_request`, naming the client's field, for the first thing of a request that lies beyond a format's reach. */
export function checkReach(request: ModelRequest, reach: Reach): void {
  checkSupported(request, reach.supports);
  for (const { name, field } of request.tools)
    if (!reach.toolName.test(name)) throw cannotSay(`${field}.name`);
  checkStop(request, reach);
  if (reach.userFirst === true) checkFirstTurn(request.turns);
  const calls = new Set<string>();
  for (const turn of request.turns) checkParts(turn.parts, turn, reach, calls);
  if (reach.refusesNoneAfterCalls === true && request.toolChoice?.kind === "none" && calls.size > 0)
    throw cannotSay(
      request.uses.get("tool_choice_none") ?? "",
      "cannot follow tool calls with this model's provider",
    );
}

/** Throws `unsupported` for the first feature that a format refuses, by the client's field. */
export function checkSupported(request: Asked, supports: Supports<string>): void {
  for (const [feature, field] of request.uses) if (supports[feature] === "refused") throw cannotSay(field);
}

/** The refusal of a field that the target's format, or its model, has no way to say. */
export function cannotSay(
  field: string,
  why = "cannot be said in the format of this model's provider",
): GatewayError {
  return new GatewayError("unsupported", `${field} ${why}`, { param: field });
}

function checkStop({ stop, uses }: ModelRequest, { stopMax, refusesBlankStop }: Reach): void {
  const field = uses.get("stop") ?? "";
  if (stopMax !== undefined && stop.length > stopMax)
    throw cannotSay(field, `may have at most ${stopMax} sequences for this model's provider`);
  if (refusesBlankStop === true && stop.some((sequence) => sequence.trim() === ""))
    throw cannotSay(field, "must not be white space alone for this model's provider");
}

function checkFirstTurn(turns: readonly Turn[]): void {
  const first = turns.find(({ role, parts }) => role !== "system" && parts.some(isSaid));
  if (first?.role === "assistant")
    throw cannotSay(first.field, "is the assistant's, and this model's provider wants a user turn before it");
}

/** Parts of a turn, or of what a tool answered in it; `calls` are the ids of the calls so far. */
function checkParts(parts: readonly Part[], turn: Turn, reach: Reach, calls: Set<string>): void {
  const { field } = turn;
  for (const part of parts) {
    switch (part.type) {
      case "tool_call":
        calls.add(part.id);
        if (reach.argumentsAsText !== true) argumentsObject(part, field);
        break;
      case "tool_result":
        if (reach.namesResults === true && !calls.has(part.id))
          throw invalid(field, `answers a tool call ${part.id} that was not made`);
        checkParts(part.content, turn, reach, calls);
        break;
      case "image":
        checkSource(part, field, reach, reach.imageTypes, "an image");
        break;
      case "document":
        checkSource(part, field, reach, reach.documentTypes, "a document");
        break;
      default:
    }
  }
}

function checkSource(
  { source }: Part & { type: "image" | "document" },
  field: string,
  { httpOnly }: Reach,
  types: Reach["imageTypes"],
  what: string,
): void {
  if (source.kind === "url" && httpOnly === true && !/^https?:/i.test(source.url))
    throw cannotSay(field, "has a URL that is not http");
  if (source.kind === "base64" && types !== undefined && !Object.hasOwn(types, source.mediaType))
    throw cannotSay(field, `has ${what} of a type that this model's provider does not take`);
}
