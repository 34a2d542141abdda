/** Headers of Bedrock's answers that its SDK reads, lower case (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html). */
export const bedrockAnswerHeaders: readonly string[] = [
  "x-amzn-requestid",
  "x-amzn-errortype",
  "x-amzn-bedrock-content-type",
  "x-amzn-bedrock-input-token-count",
  "x-amzn-bedrock-output-token-count",
  "x-amzn-bedrock-invocation-latency",
];
