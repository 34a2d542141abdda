/** The operation of a request: a kind of work, and the facts that its path alone states. */
export interface Operation {
  /** e.g. `chat`, `embeddings`, `models`, `count_tokens`. */
  readonly name: string;
  /** The model, where the path names it (Bedrock, Gemini). */
  readonly model?: string;
  /** True if the path asks for a stream; absent where paths do not say. */
  readonly stream?: boolean;
  /** Answered here, without an upstream: the list of models, the one that the path names, or how many tokens the request has. */
  readonly local?: "models" | "token_count";
}
