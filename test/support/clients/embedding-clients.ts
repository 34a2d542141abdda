import { BedrockRuntimeClient, InvokeModelCommand } from "@aws-sdk/client-bedrock-runtime";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";

/** One way of asking for the vectors of texts. */
export interface EmbeddingClient {
  readonly name: string;
  /** How the model's name has to begin for this client, e.g. for paths that tell whose body it is. */
  readonly prefix: string;
  readonly textsMax: number;
  embed(model: string, texts: readonly string[]): Promise<readonly (readonly number[])[]>;
  /** The status of an error it raised. */
  statusOf(error: unknown): unknown;
}

/** The vendors' SDKs, given only another base URL and key; Cohere's API by plain HTTP. `close` frees their connections. */
export function embeddingClients(
  baseUrl: string,
  apiKey: string,
): { readonly clients: readonly EmbeddingClient[]; close(): void } {
  const origin = baseUrl.replace(/\/v1$/, "");
  const bedrock = new BedrockRuntimeClient({
    region: "us-east-1",
    endpoint: origin,
    token: { token: apiKey },
    authSchemePreference: ["httpBearerAuth"],
    maxAttempts: 1,
  });
  const clients = [
    openai("OpenAI, base64 by default", baseUrl, apiKey, {}),
    openai("OpenAI, numbers", baseUrl, apiKey, { encoding_format: "float" }),
    gemini(origin, apiKey),
    titan(bedrock),
    bedrockCohere(bedrock),
    cohere("Cohere v2", `${origin}/v2/embed`, apiKey, { embedding_types: ["float"] }),
    cohere("Cohere v1", `${origin}/v1/embed`, apiKey, {}),
  ];
  return { clients, close: () => bedrock.destroy() };
}

/** Names of {@link embeddingClients}, in their order. */
export const embeddingClientNames = [
  "OpenAI, base64 by default",
  "OpenAI, numbers",
  "Gemini",
  "Titan on Bedrock",
  "Cohere on Bedrock",
  "Cohere v2",
  "Cohere v1",
] as const;

function openai(
  name: string,
  baseURL: string,
  apiKey: string,
  options: { readonly encoding_format?: "float" },
): EmbeddingClient {
  const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
  return {
    name,
    prefix: "",
    textsMax: 3,
    statusOf: (error) => (error instanceof OpenAI.APIError ? error.status : error),
    async embed(model, texts) {
      const { data } = await client.embeddings.create({ model, input: [...texts], ...options });
      return data.map(({ embedding }) => embedding);
    },
  };
}

function gemini(origin: string, apiKey: string): EmbeddingClient {
  const client = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: origin } });
  return {
    name: "Gemini",
    prefix: "",
    textsMax: 3,
    statusOf: (error) => (error as { status?: unknown }).status,
    async embed(model, texts) {
      const { embeddings = [] } = await client.models.embedContent({
        model,
        contents: [...texts],
        config: { taskType: "RETRIEVAL_DOCUMENT" },
      });
      return embeddings.map(({ values = [] }) => values);
    },
  };
}

function titan(client: BedrockRuntimeClient): EmbeddingClient {
  return {
    name: "Titan on Bedrock",
    prefix: "titan-embed-",
    textsMax: 1,
    statusOf: bedrockStatus,
    async embed(model, [inputText]) {
      const { embedding } = await invoke(client, model, { inputText });
      return [embedding as number[]];
    },
  };
}

function bedrockCohere(client: BedrockRuntimeClient): EmbeddingClient {
  return {
    name: "Cohere on Bedrock",
    prefix: "cohere-embed-",
    textsMax: 3,
    statusOf: bedrockStatus,
    async embed(model, texts) {
      const { embeddings } = await invoke(client, model, { texts, input_type: "search_document" });
      return embeddings as number[][];
    },
  };
}

function cohere(name: string, url: string, apiKey: string, more: object): EmbeddingClient {
  return {
    name,
    prefix: "",
    textsMax: 3,
    statusOf: (error) => (error as { status?: unknown }).status,
    async embed(model, texts) {
      const response = await fetch(url, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
        body: JSON.stringify({ model, texts, input_type: "search_document", ...more }),
      });
      const body = (await response.json()) as { message?: string; embeddings?: unknown };
      if (!response.ok) throw Object.assign(new Error(body.message), { status: response.status });
      const { float } = body.embeddings as { float?: number[][] };
      return float ?? (body.embeddings as number[][]);
    },
  };
}

function bedrockStatus(error: unknown): unknown {
  return (error as { $metadata?: { httpStatusCode?: unknown } }).$metadata?.httpStatusCode;
}

async function invoke(
  client: BedrockRuntimeClient,
  modelId: string,
  body: object,
): Promise<Readonly<Record<string, unknown>>> {
  const command = new InvokeModelCommand({
    modelId,
    contentType: "application/json",
    body: JSON.stringify(body),
  });
  const answer = await client.send(command);
  return JSON.parse(Buffer.from(answer.body).toString());
}
