/** The JSON value of a text, or undefined if it has none. With `codeFence` it may stand in a Markdown code fence, with nothing around that. */
export function parseText(text: string, codeFence: boolean): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(codeFence ? unfenced(text) : text) };
  } catch {
    return undefined;
  }
}

const mark = "```";

/** The content of a code fence that is the whole text, or the text itself if there is no fence. */
function unfenced(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith(mark) || !trimmed.endsWith(mark)) return text;
  const start = trimmed.indexOf("\n");
  const language = trimmed.slice(mark.length, Math.max(mark.length, start)).trim().toLowerCase();
  if (start < 0 || (language !== "" && language !== "json")) return text;
  return trimmed.slice(start + 1, Math.max(start + 1, trimmed.length - mark.length));
}
