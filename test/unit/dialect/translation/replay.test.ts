import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Dialect, DialectName } from "../../../../src/dialect/dialect.ts";
import { translationAnswers } from "../../../fixtures/translation-answers.ts";
import { translationRequests } from "../../../fixtures/translation-requests.ts";
import {
  capFields,
  clientDialects,
  dialectOf,
  factsOf,
  translateAnswer,
  translateRequest,
  upstreamDialects,
} from "../../../support/dialect/translation.ts";

type Json = Record<string, unknown>;

/** The second request of a client that got an answer: all it was told stands in it as it came, then the user's next words. */
const sayBack: Readonly<Record<string, (request: Json, answer: Json) => Json>> = {
  "openai-chat": (request, answer) => ({
    ...request,
    messages: [...list(request.messages), at(answer, "choices", 0, "message"), ...afterChat(answer)],
  }),
  "openai-responses": (request, answer) => ({
    ...request,
    input: [
      { role: "user", content: "First." },
      ...list(answer.output),
      ...list(answer.output)
        .filter(({ type }) => type === "function_call")
        .map(({ call_id }) => ({ type: "function_call_output", call_id, output: "rain" })),
      { role: "user", content: "And?" },
    ],
  }),
  "anthropic-messages": (request, { content }) => ({
    ...request,
    messages: [
      ...list(request.messages),
      { role: "assistant", content },
      {
        role: "user",
        content: [
          ...list(content)
            .filter(({ type }) => type === "tool_use")
            .map(({ id }) => ({ type: "tool_result", tool_use_id: id, content: "rain" })),
          { type: "text", text: "And?" },
        ],
      },
    ],
  }),
  "bedrock-converse": (request, answer) => {
    const message = at(answer, "output", "message") as Json;
    const results = list(message.content)
      .filter(({ toolUse }) => toolUse !== undefined)
      .map(({ toolUse }) => ({
        toolResult: { toolUseId: (toolUse as Json).toolUseId, content: [{ text: "rain" }] },
      }));
    const next = { role: "user", content: [...results, { text: "And?" }] };
    return { ...request, messages: [...list(request.messages), message, next] };
  },
  "gemini-generate": (request, answer) => {
    const content = at(answer, "candidates", 0, "content") as Json;
    const results = list(content.parts)
      .filter(({ functionCall }) => functionCall !== undefined)
      .map(({ functionCall }) => {
        const { id, name } = functionCall as Json;
        return { functionResponse: { id, name, response: { output: "rain" } } };
      });
    const next = { role: "user", parts: [...results, { text: "And?" }] };
    return { ...request, contents: [...list(request.contents), content, next] };
  },
};

function afterChat(answer: Json): readonly Json[] {
  const calls = list((at(answer, "choices", 0, "message") as Json).tool_calls);
  const results = calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: "rain" }));
  return [...results, { role: "user", content: "And?" }];
}

/** What each kind of provider proves its thoughts by, where its answers show them, and where it wants them back. */
const proofs: Readonly<
  Record<
    string,
    {
      readonly answer: "reasoning" | "tool";
      readonly request: "reasoning" | "tools";
      readonly of: (body: Json) => readonly unknown[];
    }
  >
> = {
  "anthropic-messages": {
    answer: "reasoning",
    request: "reasoning",
    of: (body) =>
      list(body.content).flatMap(({ type, thinking, signature, data }) =>
        type === "thinking" ? [[thinking, signature]] : type === "redacted_thinking" ? [data] : [],
      ),
  },
  "bedrock-converse": {
    answer: "reasoning",
    request: "reasoning",
    of: (body) =>
      list(body.content).flatMap(({ reasoningContent }) => {
        const { reasoningText, redactedContent } = (reasoningContent ?? {}) as Json;
        return reasoningText !== undefined
          ? [reasoningText]
          : redactedContent !== undefined
            ? [redactedContent]
            : [];
      }),
  },
  "gemini-generate": {
    answer: "tool",
    request: "tools",
    of: (body) =>
      list(body.parts).flatMap(({ functionCall, thoughtSignature }) =>
        functionCall === undefined ? [] : [[(functionCall as Json).name, thoughtSignature]],
      ),
  },
};

/** The model's turn, in an answer of each kind of provider and as the last of a request to it. */
const answered: Readonly<Record<string, (whole: Json) => Json>> = {
  "anthropic-messages": (whole) => whole,
  "bedrock-converse": (whole) => at(whole, "output", "message") as Json,
  "gemini-generate": (whole) => at(whole, "candidates", 0, "content") as Json,
};
const lastSaid = (body: Json): Json =>
  list(body.messages ?? body.contents).findLast(({ role }) => role === "assistant" || role === "model") ?? {};

describe("a model's proof of its thoughts", () => {
  for (const upstream of upstreamDialects.filter(({ name }) => proofs[name] !== undefined))
    for (const client of clientDialects) {
      const { answer, request, of } = proofs[upstream.name]!;
      const whole = translationAnswers[upstream.name]![answer].whole as Json;
      const given = of(answered[upstream.name]!(whole));

      it(`comes back to ${upstream.name} unchanged over two turns by way of ${client.name}`, () => {
        assert.ok(given.length > 0 && JSON.stringify(given).length > 20);
        const first = translationRequests[client.name]![request] as Json;
        const second = sayBack[client.name]!(first, told(client, upstream, first, whole));
        assert.deepEqual(of(lastSaid(asked(client, upstream, second))), given);
      });
    }

  for (const upstream of upstreamDialects)
    for (const [other, { answer }] of Object.entries(proofs))
      if (vendorOf(other) !== vendorOf(upstream.name))
        it(`of ${other} is never sent to ${upstream.name}`, () => {
          const whole = translationAnswers[other]![answer].whole as Json;
          const given = JSON.stringify(whole).matchAll(
            /"(?:signature|thoughtSignature|data|redactedContent)":"([^"]+)"/g,
          );
          const secrets = [...given].map(([, secret]) => secret!);
          assert.ok(secrets.length > 0);
          for (const client of clientDialects.filter(
            ({ name }) => name !== upstream.name && name !== other,
          )) {
            const first = { ...translationRequests[client.name]!.tools } as Json;
            const second = sayBack[client.name]!(
              first,
              told(client, dialectOf(other as DialectName), first, whole),
            );
            const body = JSON.stringify(asked(client, upstream, second));
            for (const proof of secrets)
              assert.ok(!body.includes(proof), `${proof} by ${client.name}: ${body}`);
          }
        });
});

describe("OpenAI's own enciphered reasoning", () => {
  it("comes back to OpenAI as it was, byte for byte", () => {
    const client = dialectOf("openai-responses");
    const item = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAAAABo/+=sealed" };
    const body = { model: "any", input: [{ role: "user", content: "Hi" }, item], max_output_tokens: 20 };
    const bytes = Buffer.from(JSON.stringify(body));
    const edits = { model: "gpt-5", outputCap: 10, outputCapField: "max_output_tokens" };
    const sent = client.splice(bytes, factsOf(client, bytes, false), edits).toString();
    assert.ok(sent.includes(JSON.stringify(item)));
  });

  it("is left out, with a warning, where another vendor would be asked to read it", () => {
    const client = dialectOf("openai-responses");
    const item = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAAAABo/+=sealed" };
    const body = {
      model: "any",
      input: [{ role: "user", content: "Hi" }, item, { role: "user", content: "?" }],
    };
    for (const upstream of upstreamDialects) {
      const sent = translateRequest(client, upstream, Buffer.from(JSON.stringify(body)), false);
      assert.doesNotMatch(sent.body.toString(), /sealed/, upstream.name);
      assert.match(sent.changes.join(), /^input\[1\].* dropped/, upstream.name);
    }
  });
});

describe("cache marks", () => {
  const marks = [{ type: "ephemeral" }, { type: "ephemeral", ttl: "1h" }];
  const body = {
    model: "any",
    max_tokens: 50,
    system: [{ type: "text", text: "Be brief.", cache_control: marks[1] }],
    tools: [{ name: "look", input_schema: { type: "object" }, cache_control: marks[1] }],
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "Long.", cache_control: marks[0] },
          { type: "text", text: "Hi" },
        ],
      },
    ],
  };

  it("stand at the same places, for as long, after a way to Bedrock's format and back", () => {
    const [messages, converse] = [dialectOf("anthropic-messages"), dialectOf("bedrock-converse")];
    const there = translateRequest(messages, converse, Buffer.from(JSON.stringify(body)), false);
    assert.deepEqual(there.changes, []);
    const back = translateRequest(converse, messages, there.body, false);
    const { system, tools, messages: turns } = JSON.parse(back.body.toString());
    assert.deepEqual([system, turns], [body.system, body.messages]);
    assert.deepEqual(tools[0].cache_control, marks[1]);
  });

  it("pass as they are in their own format", () => {
    const messages = dialectOf("anthropic-messages");
    const sent = asked(messages, messages, body);
    assert.deepEqual([sent.system, sent.tools, sent.messages], [body.system, body.tools, body.messages]);
  });

  it("come from chat clients too, and are dropped with a warning where there are none", () => {
    const chat = dialectOf("openai-chat");
    const part = { type: "text", text: "Long.", cache_control: marks[0] };
    const bytes = Buffer.from(
      JSON.stringify({ model: "any", messages: [{ role: "user", content: [part] }] }),
    );
    const said = JSON.parse(
      translateRequest(chat, dialectOf("anthropic-messages"), bytes, false).body.toString(),
    );
    assert.deepEqual(said.messages[0].content, [part]);
    const { changes } = translateRequest(chat, dialectOf("gemini-generate"), bytes, false);
    assert.deepEqual(changes, ["messages[0].content[0].cache_control dropped"]);
  });
});

/** Claude's proofs are good on Bedrock too. */
function vendorOf(format: string): string {
  return format === "bedrock-converse" ? "anthropic-messages" : format;
}

/** What the client is told of an answer; where it speaks the provider's own format, the answer itself. */
function told(client: Dialect, upstream: Dialect, request: Json, whole: Json): Json {
  if (client.name === upstream.name) return whole;
  const facts = factsOf(client, Buffer.from(JSON.stringify(request)), false);
  const { bytes } = translateAnswer(client, upstream, facts, [Buffer.from(JSON.stringify(whole))]);
  return JSON.parse(bytes.toString());
}

/** What the provider is asked; in its own format the client's own bytes, with what the plan changes. */
function asked(client: Dialect, upstream: Dialect, request: Json): Json {
  const body = Buffer.from(JSON.stringify(request));
  if (client.name !== upstream.name)
    return JSON.parse(translateRequest(client, upstream, body, false).body.toString());
  const facts = factsOf(client, body, false);
  const edits = { model: "other", outputCap: 7_000, outputCapField: capFields[client.name] ?? "" };
  return JSON.parse(client.splice(body, facts, edits).toString());
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Json)[key], value);
}

function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
