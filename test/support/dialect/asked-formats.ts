/** One request of a client. */
export interface FormatRequest {
  readonly path: string;
  readonly body: object;
}

/** How each format asks a model for a short whole answer to a prompt. */
export const askedFormats = {
  "openai-chat": (model, prompt) => ({
    path: "/v1/chat/completions",
    body: { model, max_tokens: 20, messages: [{ role: "user", content: prompt }] },
  }),
  "openai-responses": (model, prompt) => ({
    path: "/v1/responses",
    body: { model, max_output_tokens: 20, input: prompt },
  }),
  "anthropic-messages": (model, prompt) => ({
    path: "/v1/messages",
    body: { model, max_tokens: 20, messages: [{ role: "user", content: prompt }] },
  }),
  "gemini-generate": (model, prompt) => ({
    path: `/v1beta/models/${model}:generateContent`,
    body: {
      contents: [{ role: "user", parts: [{ text: prompt }] }],
      generationConfig: { maxOutputTokens: 20 },
    },
  }),
  "bedrock-converse": (model, prompt) => ({
    path: `/model/${model}/converse`,
    body: {
      messages: [{ role: "user", content: [{ text: prompt }] }],
      inferenceConfig: { maxTokens: 20 },
    },
  }),
} as const satisfies Readonly<Record<string, (model: string, prompt: string) => FormatRequest>>;

/** The name of one of {@link askedFormats}. */
export type AskedFormatName = keyof typeof askedFormats;

/** All of {@link askedFormats}, by name. */
export const askedFormatNames = Object.keys(askedFormats) as readonly AskedFormatName[];

/** What an error of any format says is wrong. */
export function messageOf(text: string): string | undefined {
  const { message, error } = JSON.parse(text) as { message?: string; error?: { message?: string } };
  return error?.message ?? message;
}
