import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import type { Faults } from "../../src/fake/faults.ts";
import { ask, chatBody, errorOf, streamedText } from "../support/clients/chat.ts";
import { until } from "../support/core/until.ts";
import { useTestStack } from "../support/stack/stack.ts";

const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 3, output: 4 } }
models:
  json: { targets: [alpha/model-a, beta/model-b], validate: { complete: true, json: true } }
  alone: { targets: [alpha/model-a], validate: { complete: true, json: true } }
  reask: { targets: [alpha/model-a, beta/model-b], validate: { json: true, onFail: reask } }
  reask-alone: { targets: [alpha/model-a], validate: { json: true, onFail: reask } }
  pass: { targets: [alpha/model-a, beta/model-b], validate: { json: true, maxCharacters: 40, minCharacters: 10, stream: pass } }
  mark: { targets: [alpha/model-a], validate: { json: true, stream: mark } }
  sound: { targets: [alpha/model-a, beta/model-b], validate: { json: true, minPassRate: 80% } }
  label: { targets: [alpha/model-a, beta/model-b], validate: { labels: [bug, feature] } }
identity: [{ type: api-key, file: ./keys.yaml }]
retries: { atLeastPerSecond: 1000 }
`;

const good = '{"mood":"good"}';
const bad = '{"mood":"go';

interface Attempt {
  readonly target: string;
  readonly status?: number;
  readonly class?: string;
  readonly failed_rules?: string;
  readonly cost_nano_usd: string;
  readonly usage?: { readonly input_tokens: number; readonly output_tokens: number };
}

describe("a model whose answers are checked", () => {
  const running = useTestStack({ config });
  const play = (alpha: Faults, beta: Faults = { text: good }): void => {
    running().alpha.setFaults(alpha);
    running().beta.setFaults(beta);
  };
  beforeEach(() => {
    running().alpha.reset();
    running().beta.reset();
    running().stack.gateway.targetHealth.forget();
  });

  for (const stream of [false, true]) {
    const how = stream ? "streamed" : "whole";

    it(`lets an answer pass that passes, ${how}`, async () => {
      play({ text: good });
      const { status, text, exchange } = await ask(running().baseUrl, chatBody({ model: "json", stream }));
      assert.equal(status, 200, text);
      const record = await running().record(exchange);
      assert.equal(record.validation_result, "passed");
      assert.equal(record.validation_rules, "complete,json");
      assert.equal(record.fallback_used, false);
      assert.equal(running().beta.received().length, 0);
    });

    it(`asks the next target when an answer fails, and shows nothing of it, ${how}`, async () => {
      play({ text: bad });
      const { status, text, headers, exchange } = await ask(
        running().baseUrl,
        chatBody({ model: "json", stream }),
      );
      assert.equal(status, 200, text);
      assert.equal(headers.get("x-tollgate-backend"), "beta");
      const record = await running().record(exchange);
      assert.equal(record.validation_result, "passed");
      assert.equal(record.fallback_reason, "quality");
      const [first, second] = record.attempts as readonly Attempt[];
      assert.equal(first?.class, "quality");
      assert.equal(first?.failed_rules, "json");
      assert.equal(first?.status, 200);
      assert.equal(second?.failed_rules, undefined);
    });

    it(`charges a failed answer to the nano-dollar, ${how}`, async () => {
      play({ text: bad });
      const { exchange } = await ask(running().baseUrl, chatBody({ model: "json", stream }));
      const record = await running().record(exchange);
      const [alpha] = running().alpha.received();
      const [beta] = running().beta.received();
      const cost = (billed: typeof alpha, input: bigint, output: bigint): bigint =>
        BigInt(billed!.billed!.inputTokens) * input + BigInt(billed!.billed!.outputTokens) * output;
      const [first, second] = record.attempts as readonly Attempt[];
      assert.equal(first?.cost_nano_usd, String(cost(alpha, 1000n, 2000n)));
      assert.equal(second?.cost_nano_usd, String(cost(beta, 3000n, 4000n)));
      assert.equal(record.cost_nano_usd, String(cost(alpha, 1000n, 2000n) + cost(beta, 3000n, 4000n)));
      assert.equal(record.cost_max_nano_usd, "0");
      await running().idle();
    });

    it(`says which rule failed, and nothing of the answer, when nobody is left to ask, ${how}`, async () => {
      play({ text: bad });
      const answer = await ask(running().baseUrl, chatBody({ model: "alone", stream }));
      assert.equal(answer.status, 502);
      assert.equal(errorOf(answer).code, "validation_failed");
      assert.match(errorOf(answer).message, /\bjson\b/);
      assert.doesNotMatch(answer.text, /mood/);
      const record = await running().record(answer.exchange);
      assert.equal(record.validation_result, "failed");
      assert.equal(record.validation_rules, "json");
      assert.equal(record.ending, "upstream_error");
      assert.equal(record.error_code, "validation_failed");
      assert.notEqual(record.cost_nano_usd, "0");
    });
  }

  it("asks the same target once more where the model says so, and charges both answers", async () => {
    play({ text: bad });
    const { status, headers, exchange } = await ask(running().baseUrl, chatBody({ model: "reask" }));
    assert.equal(status, 200);
    assert.equal(headers.get("x-tollgate-backend"), "beta");
    const record = await running().record(exchange);
    const attempts = record.attempts as readonly Attempt[];
    assert.deepEqual(
      attempts.map(({ target, class: failure }) => [target, failure]),
      [
        ["alpha/model-a", "quality"],
        ["alpha/model-a", "quality"],
        ["beta/model-b", undefined],
      ],
    );
    const billed = running()
      .alpha.received()
      .concat(running().beta.received())
      .map((entry) => entry.billed!);
    const cost = billed.map(({ inputTokens, outputTokens }, at) =>
      at < 2
        ? BigInt(inputTokens) * 1000n + BigInt(outputTokens) * 2000n
        : BigInt(inputTokens) * 3000n + BigInt(outputTokens) * 4000n,
    );
    assert.deepEqual(
      attempts.map((one) => BigInt(one.cost_nano_usd)),
      cost,
    );
  });

  it("answers by the same target when its second answer passes", async () => {
    const { alpha, baseUrl } = running();
    alpha.setFaults({ text: bad, headerDelayMs: 200 });
    const asking = ask(baseUrl, chatBody({ model: "reask" }));
    await until("the first try has come", () => alpha.received()[0]?.faults.text === bad);
    alpha.setFaults({ text: good });
    const { headers, exchange, text } = await asking;
    assert.equal(headers.get("x-tollgate-backend"), "alpha", text);
    const record = await running().record(exchange);
    assert.equal(record.validation_result, "passed");
    assert.deepEqual([record.fallback_used, record.fallback_reason], [false, undefined]);
    assert.equal((record.attempts as readonly Attempt[]).length, 2);
  });

  describe("and whose streams pass as they come", () => {
    const stream = (model: string) =>
      ask(running().baseUrl, chatBody({ model, stream: true, max_tokens: 200 }));

    it("lets one that passes through", async () => {
      play({ text: good });
      const { text, exchange } = await stream("pass");
      assert.equal(streamedText(text), good);
      const record = await running().record(exchange);
      assert.equal(record.validation_result, "passed");
      assert.equal(record.ending, "completed");
    });

    it("cuts one as soon as a rule gives up on it, and stops the provider", async () => {
      play({ text: `Sure! ${"la ".repeat(150)}`, tokenDelayMs: 20 });
      const { status, text, exchange } = await stream("pass");
      assert.equal(status, 200);
      assert.doesNotMatch(text, /Sure/);
      assert.match(text, /"code":"validation_failed"/);
      assert.doesNotMatch(text, /\[DONE\]/);
      const record = await running().record(exchange);
      assert.equal(record.validation_result, "failed");
      assert.equal(record.validation_rules, "json");
      assert.equal(record.ending, "cut_by_policy");
      assert.equal(record.error_code, "validation_failed");
      const [entry] = running().alpha.received();
      await until("the provider is stopped", () => entry?.aborted === true);
      assert.ok((entry?.outputTokensWritten ?? 200) < 100);
    });

    it("never lets one that fails as a whole end as if it had not, and pays what the provider says", async () => {
      play({ text: '{"a":1' });
      const { text, exchange } = await stream("pass");
      assert.match(text, /"code":"validation_failed"/);
      assert.doesNotMatch(text, /"finish_reason":"stop"/);
      assert.doesNotMatch(text, /\[DONE\]/);
      const record = await running().record(exchange);
      assert.equal(record.validation_rules, "json,minCharacters");
      assert.equal(record.ending, "cut_by_policy");
      assert.equal(record.usage_source, "provider");
      const billed = running().alpha.received()[0]!.billed!;
      const cost = BigInt(billed.inputTokens) * 1000n + BigInt(billed.outputTokens) * 2000n;
      assert.equal(record.cost_nano_usd, String(cost));
      assert.equal(record.cost_max_nano_usd, "0");
    });

    it("checks whole answers of the same model before anyone sees them", async () => {
      play({ text: bad });
      const { headers } = await ask(running().baseUrl, chatBody({ model: "pass" }));
      assert.equal(headers.get("x-tollgate-backend"), "beta");
    });

    it("marks what failed, and lets it be, where that is all it is asked for", async () => {
      play({ text: bad });
      const { text, exchange } = await stream("mark");
      assert.equal(streamedText(text), bad);
      assert.match(text, /\[DONE\]/);
      const record = await running().record(exchange);
      assert.equal(record.validation_result, "failed");
      assert.equal(record.ending, "completed");
      assert.equal(record.error_code, undefined);
    });
  });

  it("skips what its rules have nothing to look at in", async () => {
    play({ toolCalls: 1 });
    const tools = [{ type: "function", function: { name: "get_weather", parameters: { type: "object" } } }];
    const { status, exchange } = await ask(
      running().baseUrl,
      chatBody({ model: "label", tools, tool_choice: "required" }),
    );
    assert.equal(status, 200);
    const record = await running().record(exchange);
    assert.equal(record.validation_result, "skipped");
    assert.equal(record.validation_rules, "labels");
  });

  it("checks an answer that its provider encoded although it was asked not to", async () => {
    play({ text: bad, encoding: "gzip" });
    const { headers, text } = await ask(running().baseUrl, chatBody({ model: "json" }));
    assert.equal(headers.get("x-tollgate-backend"), "beta", text);
    play({ text: good, encoding: "gzip" });
    const passed = await ask(running().baseUrl, chatBody({ model: "json" }));
    assert.equal(passed.headers.get("x-tollgate-backend"), "alpha", passed.text);
    assert.match(passed.text, /mood/);
  });

  it("fails an answer that stopped at its cap", async () => {
    play({ text: `"${"la ".repeat(60)}"` }, { text: '"la"' });
    const { headers, exchange } = await ask(running().baseUrl, chatBody({ model: "json", max_tokens: 10 }));
    assert.equal(headers.get("x-tollgate-backend"), "beta");
    const record = await running().record(exchange);
    const [first] = record.attempts as readonly Attempt[];
    assert.equal(first?.failed_rules, "complete,json");
  });

  it("holds streams of megabytes", async () => {
    play({ text: `"${"la ".repeat(10_000)}"` });
    const { status, text } = await ask(
      running().baseUrl,
      chatBody({ model: "json", stream: true, max_tokens: 20_000 }),
    );
    assert.equal(status, 200, text.slice(0, 300));
    assert.ok(text.length > 2_500_000, `${text.length}`);
  });

  it("asks a target last whose answers fail too often, and shows how often they pass", async () => {
    play({ text: bad });
    for (let count = 0; count < 10; count += 1) await ask(running().baseUrl, chatBody({ model: "sound" }));
    assert.equal(running().alpha.received().length, 10);
    const { headers, exchange } = await ask(running().baseUrl, chatBody({ model: "sound" }));
    assert.equal(headers.get("x-tollgate-backend"), "beta");
    assert.equal(headers.get("x-tollgate-attempts"), "1");
    assert.equal(running().alpha.received().length, 10);
    assert.equal((await running().record(exchange)).fallback_used, false);
    const { targets } = (await (await fetch(`${running().stack.gateway.adminUrl}/targets`)).json()) as {
      targets: { target: string; checks?: { model: string; workflow?: string; pass_rate: number }[] }[];
    };
    const rateOf = (name: string) =>
      targets
        .find(({ target }) => target === name)
        ?.checks?.find(({ model, workflow }) => model === "sound" && workflow === undefined)?.pass_rate;
    assert.equal(rateOf("alpha/model-a"), 0);
    assert.equal(rateOf("beta/model-b"), 1);
  });

  it("counts every try by model, rule and result", async () => {
    const metrics = await (await fetch(`${running().stack.gateway.adminUrl}/metrics`)).text();
    assert.match(metrics, /tollgate_validations_total\{model="json",rule="json",result="failed"\} \d/);
    assert.match(metrics, /tollgate_validations_total\{model="label",rule="labels",result="skipped"\} 1/);
    assert.equal(await running().metric("tollgate_bugs_total"), 0);
    await running().idle();
  });

  it("says so when a second answer fails too, and asks no third time", async () => {
    play({ text: bad });
    const answer = await ask(running().baseUrl, chatBody({ model: "reask-alone" }));
    assert.equal(answer.status, 502);
    assert.equal(errorOf(answer).code, "validation_failed");
    assert.equal(running().alpha.received().length, 2);
    const record = await running().record(answer.exchange);
    assert.equal(record.validation_result, "failed");
  });
});
