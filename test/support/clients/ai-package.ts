/**
 * The `ai` package and its providers, as far as tests use them. Their own declarations do not compile with exactOptionalPropertyTypes,
 * so they are loaded without.
 */

/** Made by a provider, taken by the package; what it is is theirs. */
export type Opaque = object & { readonly opaque?: never };

/** What is asked of a model. */
export interface Ask {
  readonly model: Opaque;
  readonly prompt?: string;
  readonly messages?: readonly object[];
  readonly tools?: Readonly<Record<string, Opaque>>;
  readonly toolChoice?: "required";
  readonly maxOutputTokens?: number;
  readonly maxRetries: number;
  /** When a loop of tool calls ends; without it after the first answer. */
  readonly stopWhen?: Opaque;
}

interface ToolCall {
  readonly toolName: string;
  readonly input: unknown;
}

interface AiPackage {
  generateText(ask: Ask): Promise<{ readonly text: string; readonly toolCalls: readonly ToolCall[] }>;
  streamText(ask: Ask): {
    readonly textStream: AsyncIterable<string>;
    readonly usage: PromiseLike<{ readonly outputTokens: number }>;
    readonly toolCalls: PromiseLike<readonly ToolCall[]>;
  };
  embedMany(ask: {
    readonly model: Opaque;
    readonly values: readonly string[];
    readonly maxRetries: number;
  }): Promise<{ readonly embeddings: readonly (readonly number[])[] }>;
  tool(options: {
    readonly inputSchema: Opaque;
    readonly execute?: (input: never) => Promise<unknown>;
  }): Opaque;
  stepCountIs(steps: number): Opaque;
  jsonSchema(schema: object): Opaque;
  readonly APICallError: { isInstance(error: unknown): error is { readonly statusCode: number } };
  readonly RetryError: { isInstance(error: unknown): error is { readonly lastError: unknown } };
}

interface ProviderOptions {
  readonly baseURL: string;
  readonly apiKey: string;
  readonly region?: string;
}

interface AiProvider {
  (model: string): Opaque;
  chat(model: string): Opaque;
  responses(model: string): Opaque;
  embedding(model: string): Opaque;
}

type CreateProvider = (options: ProviderOptions) => AiProvider;

async function load<Module>(name: string): Promise<Module> {
  return (await import(name)) as Module;
}

/** The package itself. */
export const ai = await load<AiPackage>("ai");
export const { createOpenAI } = await load<{ createOpenAI: CreateProvider }>("@ai-sdk/openai");
export const { createAnthropic } = await load<{ createAnthropic: CreateProvider }>("@ai-sdk/anthropic");
export const { createGoogleGenerativeAI } = await load<{ createGoogleGenerativeAI: CreateProvider }>(
  "@ai-sdk/google",
);
export const { createAmazonBedrock } = await load<{ createAmazonBedrock: CreateProvider }>(
  "@ai-sdk/amazon-bedrock",
);
