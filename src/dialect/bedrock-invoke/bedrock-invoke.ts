import { GatewayError } from "../../core/errors.ts";
import { messagesArtefacts } from "../anthropic-messages/artefacts.ts";
import { inspectMessages, type MessagesMarks } from "../anthropic-messages/inspect.ts";
import { messagesFormat } from "../anthropic-messages/output-format.ts";
import { matchBedrock } from "../bedrock-path.ts";
import type { Dialect, Operation, RequestFacts } from "../dialect.ts";
import { invokeModel } from "../invoke-model.ts";
import { withoutArtefacts } from "../own-artefacts.ts";
import { spliceMembers } from "../splice-members.ts";
import { passInvoke } from "./response.ts";

/** Amazon Bedrock's InvokeModel (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html), whose bodies are the model's own format: Claude's is the one read here. */
export const bedrockInvoke: Dialect = {
  name: "bedrock-invoke",
  work: "text",
  ...invokeModel,
  match: (method, path) => matchBedrock("invoke", method, path),
  inspect: inspectInvoke,
  splice: (body, facts, edits) =>
    withoutArtefacts(
      spliceMembers(body, facts.marks as MessagesMarks, facts, edits, ["max_tokens"]),
      messagesArtefacts,
    ),
  outputFormat: messagesFormat,
  passResponse: passInvoke,
};

function inspectInvoke(body: Buffer, operation: Operation): RequestFacts {
  // An ARN of an inference profile does not say whose model it is: then the body must be Claude's, or it is refused below.
  const isClaude = /anthropic|claude|^arn:/i.test(operation.model ?? "");
  if (!isClaude)
    throw new GatewayError(
      "unsupported",
      "InvokeModel is read for models with claude, titan-embed or cohere.embed in their names; use Converse for others",
      { param: "modelId" },
    );
  return inspectMessages(body, operation);
}
