import Anthropic from "@anthropic-ai/sdk";
import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { type GenerateContentResponse, GoogleGenAI } from "@google/genai";
import OpenAI from "openai";

/** What a test learns of an answer, whatever SDK read it. */
export interface SdkAnswer {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
  /** The SDK's own word for why it ended. */
  readonly finish: string;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
}

/** How it is asked, and what; without a prompt the usual question. */
export interface SdkAsk {
  readonly stream: boolean;
  readonly tool: boolean;
  readonly prompt?: string;
}

/** One vendor's SDK, asking in its own format. */
export interface SdkClient {
  readonly name: string;
  /** What it says of an answer that called a tool, and of the text: cut at its cap, except where the format allows none so small. */
  readonly finishes: { readonly tool: string; readonly text: string };
  ask(model: string, options: SdkAsk): Promise<SdkAnswer>;
  /** The status of an error it raised. */
  statusOf(error: unknown): number | undefined;
}

const question = "How does a tollgate work?";
/** Too few for what the fake says, and enough for its call of a tool. */
const capOf = (tool: boolean): number => (tool ? 60 : 8);
const toolName = "toll_for";
const parameters = { type: "object" as const, properties: { axles: { type: "integer" } } };

/** Places of the SDKs in the list of {@link sdkClients}. */
export const sdkNumbers = [0, 1, 2, 3, 4] as const;

/** Every vendor's SDK, given only another base URL and key. */
export function sdkClients(baseUrl: string, apiKey: string): readonly SdkClient[] {
  const origin = baseUrl.replace(/\/v1$/, "");
  return [
    chatClient(baseUrl, apiKey),
    responsesClient(baseUrl, apiKey),
    messagesClient(origin, apiKey),
    converseClient(origin, apiKey),
    generateClient(origin, apiKey),
  ];
}

function chatClient(baseURL: string, apiKey: string): SdkClient {
  const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
  return {
    name: "openai chat",
    finishes: { tool: "tool_calls", text: "length" },
    statusOf: (error) => (error instanceof OpenAI.APIError ? error.status : undefined),
    async ask(model, { stream, tool, prompt = question }) {
      const options = {
        model,
        messages: [{ role: "user" as const, content: prompt }],
        max_tokens: capOf(tool),
        ...(tool
          ? {
              tools: [{ type: "function" as const, function: { name: toolName, parameters } }],
              tool_choice: "required" as const,
            }
          : {}),
      };
      const usage = { stream_options: { include_usage: true } };
      const answer = stream
        ? await client.chat.completions.stream({ ...options, ...usage }).finalChatCompletion()
        : await client.chat.completions.create(options);
      const [choice] = answer.choices;
      return {
        text: choice?.message.content ?? "",
        calls: (choice?.message.tool_calls ?? []).flatMap((call) =>
          call.type === "function"
            ? [{ name: call.function.name, input: JSON.parse(call.function.arguments) }]
            : [],
        ),
        finish: choice?.finish_reason ?? "",
        inputTokens: answer.usage?.prompt_tokens,
        outputTokens: answer.usage?.completion_tokens,
      };
    },
  };
}

function responsesClient(baseURL: string, apiKey: string): SdkClient {
  const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
  return {
    name: "openai responses",
    finishes: { tool: "completed", text: "completed" },
    statusOf: (error) => (error instanceof OpenAI.APIError ? error.status : undefined),
    async ask(model, { stream, tool, prompt = question }) {
      const options = {
        model,
        input: prompt,
        max_output_tokens: Math.max(16, capOf(tool)),
        ...(tool
          ? {
              tools: [{ type: "function" as const, name: toolName, parameters, strict: false }],
              tool_choice: "required" as const,
            }
          : {}),
      };
      const answer = stream
        ? await client.responses.stream(options).finalResponse()
        : await client.responses.create(options);
      return {
        text: answer.output_text,
        calls: answer.output.flatMap((item) =>
          item.type === "function_call" ? [{ name: item.name, input: JSON.parse(item.arguments) }] : [],
        ),
        finish: answer.status ?? "",
        inputTokens: answer.usage?.input_tokens,
        outputTokens: answer.usage?.output_tokens,
      };
    },
  };
}

function messagesClient(baseURL: string, apiKey: string): SdkClient {
  const client = new Anthropic({ baseURL, apiKey, maxRetries: 0 });
  return {
    name: "anthropic",
    finishes: { tool: "tool_use", text: "max_tokens" },
    statusOf: (error) => (error instanceof Anthropic.APIError ? error.status : undefined),
    async ask(model, { stream, tool, prompt = question }) {
      const options = {
        model,
        messages: [{ role: "user" as const, content: prompt }],
        max_tokens: capOf(tool),
        ...(tool
          ? { tools: [{ name: toolName, input_schema: parameters }], tool_choice: { type: "any" as const } }
          : {}),
      };
      const answer = stream
        ? await client.messages.stream(options).finalMessage()
        : await client.messages.create(options);
      return {
        text: answer.content.map((block) => (block.type === "text" ? block.text : "")).join(""),
        calls: answer.content.flatMap((block) =>
          block.type === "tool_use" ? [{ name: block.name, input: block.input }] : [],
        ),
        finish: answer.stop_reason ?? "",
        inputTokens: answer.usage.input_tokens,
        outputTokens: answer.usage.output_tokens,
      };
    },
  };
}

function converseClient(endpoint: string, apiKey: string): SdkClient {
  const client = new BedrockRuntimeClient({
    region: "us-east-1",
    endpoint,
    token: { token: apiKey },
    authSchemePreference: ["httpBearerAuth"],
    maxAttempts: 1,
  });
  return {
    name: "bedrock",
    finishes: { tool: "tool_use", text: "max_tokens" },
    statusOf: (error) =>
      (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode,
    async ask(model, { stream, tool, prompt = question }) {
      const input: ConverseCommandInput = {
        modelId: model,
        messages: [{ role: "user", content: [{ text: prompt }] }],
        inferenceConfig: { maxTokens: capOf(tool) },
        ...(tool
          ? {
              toolConfig: {
                tools: [{ toolSpec: { name: toolName, inputSchema: { json: parameters } } }],
                toolChoice: { any: {} },
              },
            }
          : {}),
      };
      return stream ? converseStream(client, input) : converse(client, input);
    },
  };
}

async function converse(client: BedrockRuntimeClient, input: ConverseCommandInput): Promise<SdkAnswer> {
  const answer = await client.send(new ConverseCommand(input));
  const content = answer.output?.message?.content ?? [];
  return {
    text: content.map((block) => block.text ?? "").join(""),
    calls: content.flatMap(({ toolUse }) =>
      toolUse === undefined ? [] : [{ name: toolUse.name ?? "", input: toolUse.input }],
    ),
    finish: answer.stopReason ?? "",
    inputTokens: answer.usage?.inputTokens,
    outputTokens: answer.usage?.outputTokens,
  };
}

async function converseStream(client: BedrockRuntimeClient, input: ConverseCommandInput): Promise<SdkAnswer> {
  const answer = await client.send(new ConverseStreamCommand(input));
  let text = "";
  let finish = "";
  let usage: { inputTokens: number | undefined; outputTokens: number | undefined } | undefined;
  const calls: { name: string; written: string }[] = [];
  for await (const event of answer.stream ?? []) {
    const use = event.contentBlockStart?.start?.toolUse;
    if (use !== undefined) calls.push({ name: use.name ?? "", written: "" });
    text += event.contentBlockDelta?.delta?.text ?? "";
    const last = calls.at(-1);
    if (last !== undefined) last.written += event.contentBlockDelta?.delta?.toolUse?.input ?? "";
    finish = event.messageStop?.stopReason ?? finish;
    usage = event.metadata?.usage ?? usage;
  }
  return {
    text,
    calls: calls.map(({ name, written }) => ({ name, input: JSON.parse(written) })),
    finish,
    inputTokens: usage?.inputTokens,
    outputTokens: usage?.outputTokens,
  };
}

function generateClient(baseUrl: string, apiKey: string): SdkClient {
  const client = new GoogleGenAI({ apiKey, httpOptions: { baseUrl } });
  return {
    name: "gemini",
    finishes: { tool: "STOP", text: "MAX_TOKENS" },
    statusOf: (error) => (error as { status?: number } | undefined)?.status,
    async ask(model, { stream, tool, prompt = question }) {
      const options = {
        model,
        contents: prompt,
        config: {
          maxOutputTokens: capOf(tool),
          ...(tool
            ? {
                tools: [{ functionDeclarations: [{ name: toolName, parametersJsonSchema: parameters }] }],
                toolConfig: { functionCallingConfig: { mode: "ANY" as never } },
              }
            : {}),
        },
      };
      const chunks: GenerateContentResponse[] = [];
      if (stream)
        for await (const chunk of await client.models.generateContentStream(options)) chunks.push(chunk);
      else chunks.push(await client.models.generateContent(options));
      const last = chunks.at(-1);
      return {
        text: chunks.map((chunk) => chunk.text ?? "").join(""),
        calls: chunks.flatMap((chunk) =>
          (chunk.functionCalls ?? []).map((call) => ({ name: call.name ?? "", input: call.args })),
        ),
        finish: last?.candidates?.[0]?.finishReason ?? "",
        inputTokens: last?.usageMetadata?.promptTokenCount,
        outputTokens: last?.usageMetadata?.candidatesTokenCount,
      };
    },
  };
}

/** One model for each format that providers speak, and one that has all of them behind it. */
export const translationConfig = translationConfigAt("{{alpha}}", "{{beta}}");

/** The same with other providers. Each SDK has targets of its own to fail over between: what fails often is left alone for a while. */
export function translationConfigAt(alpha: string, beta: string): string {
  return `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  chat: { provider: openai-compatible, apis: [chat], endpoint: "${alpha}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  messages: { provider: anthropic, endpoint: "${beta}", apiKey: "\${env:BETA_KEY}", price: { input: 3, output: 4 } }
  converse: { provider: bedrock, region: us-east-1, endpoint: "${beta}", apiKey: "\${env:BETA_KEY}", price: { input: 3, output: 4 } }
  generate: { provider: gemini, endpoint: "${beta}", apiKey: "\${env:BETA_KEY}", price: { input: 1, output: 3 } }
models:
  by-chat: { targets: [chat/model-a] }
  by-messages: { targets: [messages/claude-sonnet-4-5] }
  by-converse: { targets: [converse/anthropic.claude-sonnet-4-5-20250929-v1:0] }
  by-generate: { targets: [generate/gemini-2.5-flash] }
${sdkNumbers.map((one) => `  all-${one}: { targets: [chat/model-${one}, "converse/anthropic.claude-sonnet-4-5-${one}-v1:0", generate/gemini-2.5-flash-${one}] }`).join("\n")}
  mixed: { targets: [chat/model-a, messages/claude-sonnet-4-5] }
  mixed-back: { targets: [messages/claude-sonnet-4-5, chat/model-a] }
identity:
  - { type: api-key, file: ./keys.yaml }
`;
}

/** The models of {@link translationConfig} that are served in one format each. */
export const upstreamModels = ["by-chat", "by-messages", "by-converse", "by-generate"] as const;
