import type { Headers } from "../core/headers.ts";
import { tokensOf } from "./json-view.ts";

/** The input tokens of an invocation, as Bedrock tells them of every model (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html). */
export function bedrockInputTokens(headers: Headers): number | undefined {
  const told = headers.get("x-amzn-bedrock-input-token-count");
  return told === undefined || !/^\d{1,15}$/.test(told) ? undefined : tokensOf(Number(told));
}
