import { listOf, recordOf, textOf } from "./json.ts";
import { countTokens } from "./token-count.ts";

/** Tokens that one image, or another medium, is billed at, whatever its size. */
const mediumTokens = 85;
const mediumFields = ["image", "image_url", "inlineData", "fileData", "document", "video"];
const mediumTypes: ReadonlySet<unknown> = new Set([
  "image",
  "image_url",
  "input_image",
  "document",
  "file",
  "input_file",
]);

/** One message of a conversation, whatever its dialect. */
export interface Turn {
  readonly role: string;
  /** Text, or a list of parts with a `text` field or something else in them. */
  readonly content: unknown;
}

/**
 * Input tokens of a conversation by the rule of OpenAI's cookbook, which is our bill in every dialect: 3 for the answer's
 * start, and for each turn 3, its role and its content.
 */
export function countTurns(turns: readonly Turn[]): number {
  return turns.reduce((sum, { role, content }) => sum + 3 + countTokens(role) + countContent(content), 3);
}

/** Tokens of a turn's content: its texts, 85 for each image or file, and anything else by its JSON. */
export function countContent(content: unknown): number {
  if (content === undefined || content === null) return 0;
  if (typeof content === "string") return countTokens(content);
  return listOf(content).reduce<number>((sum, part) => sum + countPart(part), 0);
}

/** The text of a turn's content, its parts joined. */
export function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  return listOf(content)
    .map((part) => textOf(part) ?? textOf(recordOf(part).text) ?? "")
    .join("");
}

/** The user's last words, which the words of an answer depend on. */
export function lastUserText(turns: readonly Turn[]): string {
  return contentText(turns.findLast(({ role }) => role === "user")?.content);
}

function countPart(part: unknown): number {
  if (typeof part === "string") return countTokens(part);
  const fields = recordOf(part);
  if (typeof fields.text === "string") return countTokens(fields.text);
  if (mediumTypes.has(fields.type) || mediumFields.some((name) => fields[name] !== undefined))
    return mediumTokens;
  return countTokens(JSON.stringify(part));
}
