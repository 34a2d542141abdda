import { listOf, objectOf, parseJson, textOf } from "./json-view.ts";

/** Characters of a provider's message that a client gets to see. */
const messageCharsMax = 2_000;

/**
 * A provider's error message, in whichever shape its server gives an error body: OpenAI's `error.message`, a list of one such object
 * (Google's OpenAI endpoint), `error` as a string (Ollama, TGI), `message` alone (vLLM before 0.10, Mistral, Cohere, AWS; `Message` too), or
 * FastAPI's `detail` (https://fastapi.tiangolo.com/tutorial/handling-errors/). Undefined if it has none that can be read.
 */
export function refusalMessage(body: Buffer): string | undefined {
  const parsed = parseJson(body.toString());
  const refusal = objectOf(Array.isArray(parsed) ? parsed[0] : parsed);
  if (refusal === undefined) return undefined;
  const message =
    textOf(objectOf(refusal.error)?.message) ??
    textOf(refusal.error) ??
    textOf(refusal.message) ??
    textOf(refusal.Message) ??
    detailOf(refusal.detail);
  return message?.slice(0, messageCharsMax);
}

/** `detail` is a sentence, or a list of what does not validate: `{ loc: ["body", "messages"], msg: "Field required" }`. */
function detailOf(detail: unknown): string | undefined {
  if (!Array.isArray(detail)) return textOf(detail);
  const problems = detail.slice(0, 10).flatMap((one) => {
    const problem = objectOf(one);
    const message = textOf(problem?.msg);
    const place = listOf(problem?.loc).slice(0, 20).join(".");
    if (message === undefined) return [];
    return place === "" ? message : `${place}: ${message}`;
  });
  return textOf(problems.join("; "));
}
