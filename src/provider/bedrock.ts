import { z } from "zod";
import type { Headers } from "../core/headers.ts";
import { bedrockCohere } from "../dialect/bedrock-cohere/bedrock-cohere.ts";
import { bedrockConverse } from "../dialect/bedrock-converse/bedrock-converse.ts";
import { bedrockInvoke } from "../dialect/bedrock-invoke/bedrock-invoke.ts";
import { embedderOf } from "../dialect/bedrock-path.ts";
import { bedrockTitan } from "../dialect/bedrock-titan/bedrock-titan.ts";
import type { Dialect, Operation } from "../dialect/dialect.ts";
import { parseObject } from "../dialect/json-view.ts";
import { refusesModel } from "./classify-model.ts";
import type { FailureClass } from "./provider.ts";
import { apiKeyText, defineProvider, endpointUrl } from "./provider-kind.ts";

const dialects: Readonly<Record<string, Dialect>> = { converse: bedrockConverse, invoke: bedrockInvoke };
const embedders = { titan: bedrockTitan, cohere: bedrockCohere } as const;

/** Amazon Bedrock with a Bedrock API key as bearer (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html). */
export const bedrock = defineProvider({
  type: "bedrock",
  schema: z.strictObject({
    region: z.string().regex(/^[a-z0-9-]+$/, "must be a region's name, as in us-east-1"),
    endpoint: endpointUrl.optional(),
    apiKey: apiKeyText,
  }),
  create: ({ region, endpoint, apiKey }) => ({
    type: "bedrock",
    endpoint: endpoint ?? new URL(`https://bedrock-runtime.${region}.amazonaws.com`),
    dialect: dialectOf,
    prepare: (operation, model) => ({ path: pathOf(operation, model), headers: [] }),
    authorize(outgoing) {
      outgoing.headers.push(["authorization", `Bearer ${apiKey}`]);
    },
    outputCapField: ({ name }) => (name === "invoke" ? "max_tokens" : "maxTokens"),
    classify: classifyBedrock,
  }),
});

/** Whose body it takes to embed depends on the model. */
function dialectOf({ name }: Operation, model: string): Dialect | undefined {
  const embedder = embedderOf(model);
  if (name === "invoke_titan" || name === "invoke_cohere")
    return embedder !== undefined && name === `invoke_${embedder}` ? embedders[embedder] : undefined;
  return dialects[name];
}

/** Model ids hold colons, ARNs slashes: each is encoded once. */
function pathOf({ name, stream }: Operation, model: string): string {
  const id = encodeURIComponent(model);
  if (name.startsWith("invoke"))
    return `/model/${id}/${stream === true ? "invoke-with-response-stream" : "invoke"}`;
  return `/model/${id}/${stream === true ? "converse-stream" : "converse"}`;
}

/** Models that an account has not enabled are denied; those that are gone are resources not found (https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html, 2026-11). */
function isModelRefused(status: number, exception: string, message: string): boolean {
  if (exception === "ResourceNotFoundException") return true;
  if (exception !== "AccessDeniedException" && exception !== "" && status !== 410) return false;
  return refusesModel(status, message);
}

/** The class of a failed answer (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html): the exception is in a header, perhaps with a URL after it. */
function classifyBedrock(status: number, headers: Headers, body: Buffer): FailureClass {
  const exception = (headers.get("x-amzn-errortype") ?? "").split(":", 1)[0] ?? "";
  const message = parseObject(body.toString())?.message;
  if (exception === "ThrottlingException" || exception === "ModelNotReadyException" || status === 429)
    return "rate_limited";
  if (exception === "ServiceQuotaExceededException") return "auth_or_quota";
  if (isModelRefused(status, exception, typeof message === "string" ? message : ""))
    return "model_unavailable";
  if (exception === "AccessDeniedException" || status === 401 || status === 402 || status === 403)
    return "auth_or_quota";
  if (exception === "ModelTimeoutException" || status === 408 || status === 504) return "timeout";
  if (status === 424 || status >= 500) return "overloaded";
  if (
    typeof message === "string" &&
    /input is too long|too many input tokens|prompt is too long/i.test(message)
  )
    return "context_length";
  return "client_error";
}
