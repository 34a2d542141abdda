import { frame } from "./answer.ts";
import { anthropicCredential, anthropicHeaders, refuseAsAnthropic } from "./anthropic.ts";
import type { FakeDialect, Operation } from "./dialect.ts";
import { faultModels } from "./fault-models.ts";

/** Models listed besides those that misbehave; any other name is answered, too. */
const ordinaryModels = ["claude-opus-4-6", "claude-haiku-4-5"];

const list: Operation = {
  name: "models.list",
  model: () => undefined,
  streamed: () => false,
  answer: (call) => {
    const data = [...ordinaryModels, ...Object.keys(faultModels)].map((id) => ({
      type: "model",
      id,
      display_name: id,
      created_at: "2026-01-01T00:00:00Z",
    }));
    const page = { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
    return {
      type: "answer",
      status: 200,
      headers: { "content-type": "application/json", ...anthropicHeaders(call) },
      streamed: false,
      frames: [frame(JSON.stringify(page))],
    };
  },
};

/** Anthropic's list of models: at OpenAI's path, told apart by the version header. */
export const anthropicModels: FakeDialect = {
  name: "anthropic-models",
  match: (method, path, { headers }) =>
    method === "GET" && path === "/v1/models" && headers["anthropic-version"] !== undefined
      ? list
      : undefined,
  credential: anthropicCredential,
  refuse: refuseAsAnthropic,
};
