import { type Answer, brokenJson, type Frame, frame, wholeFrames } from "./answer.ts";
import {
  generateMessage,
  type MessageEvent,
  messageContents,
  messageEvents,
  messageOf,
} from "./anthropic-messages.ts";
import { eventMessage, exceptionMessage } from "./aws-event-stream.ts";
import {
  bedrockCredential,
  bedrockException,
  bedrockHeaders,
  bedrockPath,
  refuseAsBedrock,
  verifyBedrock,
} from "./bedrock.ts";
import type { Call, FakeDialect, Operation } from "./dialect.ts";
import { type Generation, uncachedInput } from "./generation.ts";
import { type Refusal, refusal } from "./refusal.ts";

const version = "bedrock-2023-05-31";
const padding = "abcdefghijklmnopqrstuvwxyz";

/** Claude on Bedrock: Anthropic's messages with the model in the path, whole, or one event in each message of an event stream. */
export const bedrockInvoke: FakeDialect = {
  name: "bedrock-invoke",
  match: (method, path) => {
    const found = bedrockPath(path);
    if (method !== "POST" || found === undefined) return undefined;
    return operationOf(found.operation, found.model);
  },
  credential: bedrockCredential,
  verify: verifyBedrock,
  refuse: refuseAsBedrock,
};

function operationOf(name: string, model: string): Operation | undefined {
  const streamed = name === "invoke-with-response-stream";
  if (name !== "invoke" && !streamed) return undefined;
  return { name, model: () => model, streamed: () => streamed, answer: answerInvoke };
}

function answerInvoke(call: Call): Answer | Refusal {
  const { body } = call;
  if (body.anthropic_version !== version) {
    return refusal("bad-request", { message: `anthropic_version: must be ${version}` });
  }
  const extra = ["model", "stream"].find((name) => body[name] !== undefined);
  if (extra !== undefined) {
    return refusal("bad-request", { message: `${extra}: Extra inputs are not permitted` });
  }
  const missing = ["max_tokens", "messages"].find((name) => body[name] === undefined);
  if (missing !== undefined) return refusal("bad-request", { message: `${missing}: Field required` });
  const made = generateMessage(call);
  const error = bedrockException(refusal("server"), call);
  return call.streamed
    ? {
        type: "answer",
        status: 200,
        headers: {
          "content-type": "application/vnd.amazon.eventstream",
          "x-amzn-bedrock-content-type": "application/json",
          ...bedrockHeaders(call),
        },
        streamed: true,
        usage: made.usage,
        frames: streamOf(call, made),
        flaws: {
          error: { bytes: exceptionMessage("internalServerException", error), outputTokens: 0 },
          broken: { bytes: chunk(brokenJson), outputTokens: 0 },
          empty: [{ bytes: chunk(JSON.stringify({ type: "message_stop" })), outputTokens: 0 }],
        },
      }
    : {
        type: "answer",
        status: 200,
        headers: {
          "content-type": "application/json",
          ...bedrockHeaders(call),
          ...(call.faults.noUsage !== true && countHeaders(made)),
        },
        streamed: false,
        usage: made.usage,
        frames: wholeFrames(messageOf(call, made), messageContents(made)),
        flaws: {
          error: frame(JSON.stringify(error)),
          broken: frame(brokenJson),
          empty: [frame(JSON.stringify({ type: "message", role: "assistant", content: [] }))],
        },
      };
}

function* streamOf(call: Call, made: Generation): Generator<Frame> {
  for (const { data, outputTokens } of messageEvents(call, made)) {
    yield { bytes: chunk(JSON.stringify(withMetrics(data, call, made))), outputTokens };
  }
}

/** The last event also says what the invocation cost. */
function withMetrics(data: MessageEvent["data"], call: Call, { usage }: Generation): MessageEvent["data"] {
  if (data.type !== "message_stop" || call.faults.noUsage === true) return data;
  const counts = { inputTokenCount: uncachedInput(usage), outputTokenCount: usage.outputTokens };
  const metrics = { ...counts, invocationLatency: 1, firstByteLatency: 1 };
  return { ...data, "amazon-bedrock-invocationMetrics": metrics };
}

/** One chunk of the event stream: the event's bytes in base64, and padding. */
function chunk(text: string): Buffer {
  const payload = {
    bytes: Buffer.from(text).toString("base64"),
    p: padding.slice(0, text.length % padding.length),
  };
  return eventMessage("chunk", payload);
}

function countHeaders({ usage }: Generation): Readonly<Record<string, string>> {
  return {
    "x-amzn-bedrock-input-token-count": String(uncachedInput(usage)),
    "x-amzn-bedrock-output-token-count": String(usage.outputTokens),
    "x-amzn-bedrock-invocation-latency": "1",
  };
}
