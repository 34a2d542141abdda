import { type Answer, frame } from "./answer.ts";
import type { Call, FakeDialect, Operation } from "./dialect.ts";
import { faultModels } from "./fault-models.ts";
import { openaiCredential, openaiJsonHeaders, refuseAsOpenai } from "./openai.ts";

/** Models listed besides those that misbehave; any other name is answered, too. */
const ordinaryModels = ["gpt-5.1", "gpt-5.1-mini", "text-embedding-3-small"];
const createdS = 1_700_000_000;

const list: Operation = {
  name: "models.list",
  model: () => undefined,
  streamed: () => false,
  answer: listModels,
};

/** OpenAI's list of models. */
export const openaiModels: FakeDialect = {
  name: "openai-models",
  match: (method, path) => (method === "GET" && path === "/v1/models" ? list : undefined),
  credential: openaiCredential,
  refuse: refuseAsOpenai,
};

function listModels(call: Call): Answer {
  const data = [...ordinaryModels, ...Object.keys(faultModels)].map((id) => ({
    id,
    object: "model",
    created: createdS,
    owned_by: "fake",
  }));
  return {
    type: "answer",
    status: 200,
    headers: openaiJsonHeaders(call),
    streamed: false,
    frames: [frame(JSON.stringify({ object: "list", data }))],
  };
}
