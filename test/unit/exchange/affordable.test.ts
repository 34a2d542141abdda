import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { allServerMembers, serverKinds, serverMembers } from "../../../src/dialect/server-members.ts";
import { passBody } from "../../../src/exchange/answer/passing.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { beginAnswer, exchangesOn, snapshotOf } from "../../support/exchange/exchanges.ts";

const price = "price: { input: 10, output: 10, flex: 0.5 }";
const config = `
version: 1
backends:
  any: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", ${price} }
${serverKinds.map((kind) => `  "${kind.replace(".", "-")}": { provider: openai-compatible, server: ${kind}, endpoint: "http://127.0.0.1:9900/v1", ${price} }`).join("\n")}
models:
  any: { targets: [any/m] }
${serverKinds.map((kind) => `  "${kind}": { targets: ["${kind.replace(".", "-")}/m"] }`).join("\n")}
identity: [{ type: anonymous, tenant_id: local }]
`;
const clock = manualClock("2026-08-03T12:00:00Z");
const exchanges = exchangesOn(snapshotOf(config), new MemoryLedger({ clock }), clock);

/** The status of what a request gets, 200 where it leaves; what leaves as the provider gets it. */
async function send(model: string, members: object, path?: string) {
  const body = { model, messages: [{ role: "user", content: "hi" }], max_tokens: 16, ...members };
  const { exchange, outcome } = await exchanges.ask(body, path);
  const sent = outcome.kind === "forward" ? JSON.parse(outcome.body.toString()) : undefined;
  const status = outcome.kind === "reply" ? outcome.reply.status : 200;
  const text = outcome.kind === "reply" ? outcome.reply.body.toString() : "";
  exchange.closing.close();
  return { status, text, sent };
}

describe("A member of a server's own", () => {
  const smuggled: readonly (readonly [server: (typeof serverKinds)[number], member: object])[] = [
    ["vllm", { ignore_eos: true }],
    ["vllm", { min_tokens: 100_000 }],
    ["vllm", { best_of: 20 }],
    ["llama.cpp", { n_predict: 100_000 }],
    ["llama.cpp", { n_predict: -1 }],
    ["ollama", { options: { num_predict: 100_000 } }],
    ["ollama", { OPTIONS: { num_predict: 100_000 } }],
    ["llama.cpp", { n_cmpl: 100 }],
    ["sglang", { bootstrap_host: "x" }],
    ["vllm", { ec_transfer_params: { a: 1 } }],
    ["tgi", { parameters: { max_new_tokens: 100_000 } }],
    ["sglang", { sampling_params: { max_new_tokens: 100_000 } }],
    ["openrouter", { models: ["openai/o1-pro"] }],
    ["openrouter", { route: "fallback" }],
    ["openrouter", { provider: { order: ["dearest"] } }],
    ["openrouter", { plugins: [{ id: "web" }] }],
    ["litellm", { fallbacks: ["o1-pro"] }],
    ["litellm", { extra_body: { max_tokens: 100_000 } }],
    ["litellm", { num_retries: 5 }],
    ["litellm", { extra_headers: { "anthropic-beta": "fast-mode" } }],
    ["litellm", { speed: "fast" }],
    ["litellm", { knowledge_bases: ["a"] }],
    ["openrouter", { inference_geo: "us" }],
    ["openrouter", { context_management: { edits: [{ type: "compact_20260112" }] } }],
    [
      "sglang",
      {
        messages: [
          {
            role: "user",
            content: [
              {
                type: "image_url",
                image_url: { url: "data:image/png;base64,AAAA", max_dynamic_patch: 4_000 },
              },
            ],
          },
        ],
      },
    ],
  ];
  for (const [server, member] of smuggled)
    it(`is refused by name at ${server}, and where no server is named: ${JSON.stringify(member)}`, async () => {
      for (const model of [server, "any"]) {
        const { status, text } = await send(model, member);
        assert.equal(status, 400, model);
        const [name = "?"] = Object.keys(member);
        assert.ok(text.includes(name), text);
      }
    });

  it("is refused where another spelling of the cap may be heeded, and where keys differ by case alone", async () => {
    for (const member of [{ maxTokens: 100_000 }, { maxCompletionTokens: 8 }])
      assert.equal((await send("any", member)).status, 400, JSON.stringify(member));
    for (const member of [{ MAX_TOKENS: 100_000 }, { Model: "dearer" }, { N: 100 }])
      assert.equal((await send("ollama", member)).status, 400, JSON.stringify(member));
  });

  it("passes at a server that does not heed it, and where it says nothing", async () => {
    assert.equal((await send("vllm", { models: ["x"] })).status, 200);
    for (const nothing of [null, false, [], {}, ""])
      assert.equal(
        (await send("any", { models: nothing, ignore_eos: nothing })).status,
        200,
        String(nothing),
      );
  });

  it("is refused in every table under the table of all", () => {
    for (const kind of serverKinds)
      for (const name of serverMembers(kind).keys()) assert.ok(allServerMembers.has(name), name);
  });
});

describe("An answer of a tier without a price", () => {
  const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };
  const choices = [{ index: 0, message: { role: "assistant", content: "x" }, finish_reason: "stop" }];

  /** By how much the record of an answer says that the bill may differ. */
  async function differenceOf(tier: string | undefined): Promise<bigint> {
    const { exchange } = await exchanges.ask({ model: "any", messages: [{ role: "user", content: "hi" }] });
    beginAnswer(exchange, "application/json");
    const answer = {
      id: "c",
      object: "chat.completion",
      created: 0,
      model: "m",
      choices,
      usage,
      service_tier: tier,
    };
    passBody(exchange, Buffer.from(JSON.stringify(answer)), true);
    await exchanges.close(exchange);
    const record = exchanges.records.find(({ exchange_id: id }) => id === exchange.id);
    assert.equal(record?.usage_source, "provider");
    return BigInt(record?.cost_max_nano_usd ?? 0);
  }

  it("says by how much the bill may differ, and one with a price differs by nothing", async () => {
    assert.ok((await differenceOf("scale")) > 0n);
    for (const tier of ["default", "flex", undefined]) assert.equal(await differenceOf(tier), 0n, tier);
  });
});

describe("The cap on output", () => {
  for (const kind of [...serverKinds, "any"])
    it(`reaches ${kind} in one spelling, whichever the client chose`, async () => {
      for (const cap of [{}, { max_completion_tokens: 8 }, { max_tokens: undefined }]) {
        const { sent } = await send(kind, cap);
        const caps = Object.keys(sent).filter((name) => /tokens|predict|length/.test(name));
        assert.deepEqual(caps, ["max_tokens"]);
      }
    });
});

describe("A service tier", () => {
  it("is refused where it has no price, and taken where it has one or none is asked for", async () => {
    assert.equal((await send("any", { service_tier: "priority" })).status, 400);
    for (const tier of ["flex", "auto", "default", null])
      assert.equal((await send("any", { service_tier: tier })).status, 200, String(tier));
  });
});
