import { type Answer, brokenJson, frame } from "./answer.ts";
import { cohereCredential, cohereHeaders, refuseAsCohere } from "./cohere.ts";
import { embedCohere } from "./cohere-vectors.ts";
import type { Call, FakeDialect, Operation } from "./dialect.ts";
import { inputUsage } from "./generation.ts";
import { textOf } from "./json.ts";
import { type Refusal, refusal } from "./refusal.ts";

const parameters: ReadonlySet<string> = new Set(
  "model texts images inputs input_type embedding_types output_dimension truncate max_tokens".split(" "),
);

/** Cohere's embeddings, both versions of them; the first has plain floats where nobody asks for a kind of number. */
export const cohereEmbed: FakeDialect = {
  name: "cohere-embed",
  match: (method, path) => {
    const version = /^\/v([12])\/embed$/.exec(path)?.[1];
    return method === "POST" && version !== undefined ? operationOf(version) : undefined;
  },
  credential: cohereCredential,
  refuse: refuseAsCohere,
};

function operationOf(version: string): Operation {
  return {
    name: `v${version}.embed`,
    model: (body) => textOf(body.model),
    streamed: () => false,
    answer: (call) => answerEmbed(call, version),
  };
}

function answerEmbed(call: Call, version: string): Answer | Refusal {
  const unknown = Object.keys(call.body).find((name) => !parameters.has(name));
  if (unknown !== undefined)
    return refusal("bad-request", { message: `invalid request: unknown field: parameter ${unknown}` });
  const made = embedCohere(call.body, version === "2");
  if ("type" in made) return made;
  const billed = call.faults.noUsage === true ? {} : { billed_units: { input_tokens: made.tokens } };
  const shell = { id: call.id, texts: made.texts };
  const meta = { api_version: { version }, ...billed };
  const { embeddings, responseType } = made;
  return {
    type: "answer",
    status: 200,
    headers: cohereHeaders,
    streamed: false,
    usage: inputUsage(made.tokens, call.faults),
    frames: [frame(JSON.stringify({ ...shell, embeddings, meta, response_type: responseType }))],
    flaws: {
      error: frame(JSON.stringify({ message: "internal server error" })),
      broken: frame(brokenJson),
      empty: [frame(JSON.stringify({ ...shell, embeddings: [] }))],
    },
  };
}
