import assert from "node:assert/strict";
import { it } from "node:test";
import type { TestStack, TestStackOptions } from "../stack/stack.ts";

/** What every SDK asks in these tests. */
export const prompt = "How does a tollgate work?";
/** A PNG of one pixel. */
export const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
/** The schema of a tool's arguments. */
export const toolSchema = { type: "object" as const, properties: { axles: { type: "integer" } } };

/** One kind of backend for each vendor, all of them at `{{alpha}}`; two models each, of which `…-acme` is for tenant acme alone. */
export function everyVendorConfig(alpha = "{{alpha}}"): string {
  const backend = (name: string, provider: string, endpoint: string, more = "") =>
    `  ${name}: { provider: ${provider}, endpoint: "${endpoint}", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 }${more} }`;
  const models: Readonly<Record<string, string>> = {
    gpt: "openai/gpt-4.1",
    instruct: "openai/gpt-3.5-turbo-instruct",
    embedding: "openai/text-embedding-3-small",
    claude: "anthropic/claude-sonnet-4-5",
    "bedrock-claude": "bedrock/anthropic.claude-haiku-4-5-20251001-v1:0",
    gemini: "gemini/gemini-2.5-flash",
    "gemini-embedding": "gemini/gemini-embedding-001",
    "cohere-embedding": "cohere/embed-v4.0",
    rerank: "cohere/rerank-v3.5",
  };
  const entries = Object.entries(models).flatMap(([name, target]) => [
    `  ${name}: { targets: ["${target}"] }`,
    `  ${name}-acme: { targets: ["${target}"] }`,
  ]);
  return `
version: 1
listen: { address: "127.0.0.1:0", bodyLimit: 64KiB }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
${backend("openai", "openai", `${alpha}/v1`)}
${backend("anthropic", "anthropic", alpha)}
${backend("bedrock", "bedrock", alpha, ", region: eu-central-1")}
${backend("gemini", "gemini", alpha)}
${backend("cohere", "cohere", alpha)}
models:
${entries.join("\n")}
identity:
  - { type: api-key, file: ./keys.yaml }
access:
  - { models: [${Object.keys(models).map((name) => `${name}-acme`)}], allow: { tenant_id: acme } }
limits:
  - { name: slow, when: { tenant_id: slow }, per: [tenant_id], requests: 1, window: 1s }
budgets:
  - { name: spent, when: { tenant_id: spent }, per: [tenant_id], usd: 0.000001, window: month }
`;
}

/** The options of a stack for SDKs: a key for each way in which they are refused. */
export const sdkStack: TestStackOptions = {
  config: everyVendorConfig(),
  keys: { slow: "key-slow", spent: "key-spent" },
};

/** One call of an SDK that is refused here, or fails at the provider. */
export interface SdkCall {
  readonly key: string;
  readonly model: string;
  readonly prompt: string;
}

/** What an SDK makes of our refusals. */
export interface SdkRefusals {
  /** One call, by a client that tries at most twice. */
  call(call: SdkCall): Promise<unknown>;
  readonly model: string;
  /** What it throws for each refusal: a class, or members of the error. */
  readonly errors: Readonly<Record<Refusal, assert.AssertPredicate>>;
  /** Whether it can be told not to try again after 429; those that cannot try twice. */
  readonly heedsQuota: boolean;
}

type Refusal =
  | "unauthenticated"
  | "forbidden"
  | "unknownModel"
  | "tooLarge"
  | "quota"
  | "unreachable"
  | "badKeyAtProvider";

/** Tests that an SDK raises its own exceptions for our refusals, and tries again where that helps, and only there. */
export function sdkRefusalTests(running: () => TestStack, sdk: SdkRefusals): void {
  const ordinary: SdkCall = { key: "key-acme", model: sdk.model, prompt };

  /** Does the work, which has to be so many exchanges. */
  async function inExchanges(count: number, work: () => Promise<unknown>): Promise<void> {
    const stack = running();
    await stack.idle();
    const before = (await stack.records(0)).length;
    await work();
    await stack.idle();
    assert.equal((await stack.records(before + count)).length, before + count);
  }

  const refused: readonly (readonly [title: string, kind: Refusal, call: Partial<SdkCall>, tries: number])[] =
    [
      ["a model that is another's", "forbidden", { key: "key-tiny", model: `${sdk.model}-acme` }, 1],
      ["a model that is not there", "unknownModel", { model: "claude-nothing" }, 1],
      ["a body over the limit", "tooLarge", { prompt: "x".repeat(70_000) }, 1],
      ["a budget used up", "quota", { key: "key-spent" }, sdk.heedsQuota ? 1 : 2],
    ];
  it("raises its exception for a wrong key", () =>
    assert.rejects(sdk.call({ ...ordinary, key: "wrong" }), sdk.errors.unauthenticated));
  for (const [title, kind, call, tries] of refused)
    it(`raises its exception for ${title}, after ${tries} of 2 tries`, async () => {
      await inExchanges(tries, () => assert.rejects(sdk.call({ ...ordinary, ...call }), sdk.errors[kind]));
    });

  it("waits as long as a rate limit says, tries again and gets its answer", async () => {
    const slow = { ...ordinary, key: "key-slow" };
    const stack = running();
    await stack.idle();
    const before = (await stack.records(0)).length;
    let calls = 0;
    // The second is refused at first, unless it came late.
    for (let tries = 0; tries === calls; tries = (await stack.records(before + calls)).length - before) {
      assert.ok(calls < 10, "the rate limit never refuses");
      await sdk.call(slow);
      calls += 1;
      await stack.idle();
    }
  });

  it("tries again when the provider is overloaded, and gets its answer", async () => {
    running().alpha.setFaults({ error: "overloaded" }, 1);
    await inExchanges(2, () => sdk.call(ordinary));
  });

  it("tries again when the provider cannot be reached, and raises its exception when that fails too", async () => {
    running().alpha.setFaults({ reset: "before-headers" }, 2);
    await inExchanges(2, () => assert.rejects(sdk.call(ordinary), sdk.errors.unreachable));
  });

  it("is not told of the gateway's own key at the provider", async () => {
    const { alpha } = running();
    alpha.setFaults({ error: "auth" });
    await assert.rejects(sdk.call(ordinary), (error) => {
      assert.throws(() => {
        throw error;
      }, sdk.errors.badKeyAtProvider);
      assert.doesNotMatch(String(error), /alpha-secret|api.?key not valid|invalid.*(?:key|token)/i);
      return true;
    });
  });
}
