/**
 * LangChain's chat models, as far as tests use them. Their own declarations do not compile with exactOptionalPropertyTypes, so they are
 * loaded without.
 */
import { BedrockRuntimeClient } from "@aws-sdk/client-bedrock-runtime";

/** A call of a tool that a model asks for. */
export interface LangchainCall {
  readonly id?: string;
  readonly name: string;
  readonly args: unknown;
}

/** A message of any role; one of a model may call tools. */
export interface LangchainMessage {
  readonly text: string;
  readonly tool_calls?: readonly LangchainCall[];
  readonly usage_metadata?: { readonly input_tokens: number; readonly output_tokens: number };
  /** Both pieces of one answer joined. */
  concat(next: LangchainMessage): LangchainMessage;
}

/** A model with or without tools. */
export interface LangchainModel {
  bindTools(tools: readonly object[]): LangchainModel;
  invoke(messages: readonly LangchainMessage[]): Promise<LangchainMessage>;
  stream(messages: readonly LangchainMessage[]): Promise<AsyncIterable<LangchainMessage>>;
}

type Made<Made, Fields> = new (fields: Fields) => Made;

async function load<Module>(name: string): Promise<Module> {
  return (await import(name)) as Module;
}

const core = await load<{
  readonly HumanMessage: Made<LangchainMessage, string>;
  readonly ToolMessage: Made<LangchainMessage, object>;
}>("@langchain/core/messages");
const { ChatOpenAI } = await load<{ readonly ChatOpenAI: Made<LangchainModel, object> }>("@langchain/openai");
const { ChatAnthropic } = await load<{ readonly ChatAnthropic: Made<LangchainModel, object> }>(
  "@langchain/anthropic",
);
const { ChatGoogleGenerativeAI } = await load<{
  readonly ChatGoogleGenerativeAI: Made<LangchainModel, object>;
}>("@langchain/google-genai");
const { ChatBedrockConverse } = await load<{ readonly ChatBedrockConverse: Made<LangchainModel, object> }>(
  "@langchain/aws",
);

/** What a user says. */
export function fromUser(text: string): LangchainMessage {
  return new core.HumanMessage(text);
}

/** What a tool answers to a call. */
export function fromTool({ id, name }: LangchainCall, content: string): LangchainMessage {
  return new core.ToolMessage({ tool_call_id: id, name, content });
}

/** A model of each vendor's class, all of them at the gateway at `origin`; named by the format that it speaks. */
export const langchainModels: Readonly<
  Record<string, (origin: string, apiKey: string, model: string) => LangchainModel>
> = {
  "openai-chat": (origin, apiKey, model) =>
    new ChatOpenAI({ model, apiKey, maxTokens, maxRetries: 0, configuration: { baseURL: `${origin}/v1` } }),
  "openai-responses": (origin, apiKey, model) =>
    new ChatOpenAI({
      model,
      apiKey,
      maxTokens,
      maxRetries: 0,
      useResponsesApi: true,
      configuration: { baseURL: `${origin}/v1` },
    }),
  "anthropic-messages": (origin, apiKey, model) =>
    new ChatAnthropic({ model, apiKey, maxTokens, maxRetries: 0, anthropicApiUrl: origin }),
  "bedrock-converse": (endpoint, apiKey, model) =>
    new ChatBedrockConverse({
      model,
      maxTokens,
      maxRetries: 0,
      region: "us-east-1",
      client: new BedrockRuntimeClient({
        region: "us-east-1",
        endpoint,
        token: { token: apiKey },
        authSchemePreference: ["httpBearerAuth"],
        maxAttempts: 1,
      }),
    }),
  "gemini-generate": (baseUrl, apiKey, model) =>
    new ChatGoogleGenerativeAI({ model, apiKey, baseUrl, maxOutputTokens: maxTokens, maxRetries: 0 }),
};

const maxTokens = 200;
