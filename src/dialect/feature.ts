/** Features of a request that not every format has, with their names in the table of the documentation. */
export const features = {
  system_later: "system message behind the first turn",
  image_base64: "image in base64",
  image_url: "image by URL",
  image_detail: "image detail",
  document_base64: "document in base64",
  document_text: "document as text",
  document_url: "document by URL",
  tools: "tools",
  tool_strict: "strict tool schema",
  tool_choice: "tool choice: any, or one by name",
  tool_choice_none: "tool choice: none",
  single_tool_call: "at most one tool call",
  tool_result_error: "tool result marked as an error",
  tool_result_image: "image in a tool result",
  tool_result_document: "document in a tool result",
  temperature: "temperature",
  top_p: "top_p",
  top_k: "top_k",
  seed: "seed",
  penalties: "presence and frequency penalties",
  stop: "stop sequences",
  choices: "more than one answer",
  json: "any JSON",
  json_schema: "JSON by a schema",
  reasoning: "reasoning: effort, budget or off",
  reasoning_replay: "reasoning of earlier turns, signed",
  cache: "cache marks",
} as const;

/** A key of {@link features}. */
export type Feature = keyof typeof features;

/** Every feature, in the order of the table. */
export const featureNames: readonly Feature[] = Object.keys(features) as Feature[];

/** A format's support of a feature: it expresses it; nearly, with a warning; it leaves it out, with a warning; it refuses the request. */
export type Support = "kept" | "adapted" | "dropped" | "refused";

/** A format's support of every feature. */
export type Supports<Name extends string = Feature> = Readonly<Record<Name, Support>>;
