import assert from "node:assert/strict";
import { afterEach, before, describe, it } from "node:test";
import { sdkStack } from "../../support/clients/sdk-stack.ts";
import { type TestStack, useTestStack } from "../../support/stack/stack.ts";

const ask = { model: "rerank", query: "old road", documents: ["the new bridge", "the old road"], top_n: 1 };

/** Cohere's rerank, by plain HTTP. */
export function cohereTests(): void {
  describe("Cohere's rerank at another base URL", { concurrency: 1 }, () => {
    const running = useTestStack(sdkStack);
    let stack: TestStack;

    const rerank = (body: object, key = "key-acme", version = "v2"): Promise<Response> =>
      fetch(`${stack.stack.listenUrl}/${version}/rerank`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });

    before(() => {
      stack = running();
    });
    afterEach(async () => {
      await stack.idle();
      stack.alpha.reset();
    });

    for (const version of ["v1", "v2"])
      it(`ranks by ${version}, and counts what nobody tells`, async () => {
        const record = await stack.recordOf(async () => {
          const response = await rerank(ask, "key-acme", version);
          const answer = (await response.json()) as { results: { index: number }[] };
          assert.deepEqual(
            answer.results.map(({ index }) => index),
            [1],
          );
        });
        const received = stack.alpha.received().at(-1);
        assert.equal(received?.path, `/${version}/rerank`);
        assert.deepEqual(JSON.parse(received?.body ?? ""), { ...ask, model: "rerank-v3.5" });
        assert.equal(record.ending, "completed");
        assert.equal(record.usage_source, "counted");
        assert.ok(Number(record.input_tokens) >= 8);
        assert.equal(record.output_tokens, 0);
      });

    it("is refused in Cohere's shape", async () => {
      const refusals: readonly (readonly [object, string, number])[] = [
        [ask, "wrong", 401],
        [{ ...ask, model: "rerank-acme" }, "key-tiny", 403],
        [{ ...ask, model: "nothing" }, "key-acme", 404],
        [{ ...ask, documents: ["x".repeat(70_000)] }, "key-acme", 413],
        [{ ...ask, documents: "x" }, "key-acme", 400],
        [ask, "key-spent", 429],
      ];
      for (const [body, key, status] of refusals) {
        const response = await rerank(body, key);
        assert.equal(response.status, status);
        assert.equal(typeof ((await response.json()) as { message: unknown }).message, "string");
      }
    });

    it("fails as Cohere does, but for what is between it and the gateway", async () => {
      for (const [error, status, message] of [
        ["rate-limit", 429, /request limit/],
        ["auth", 502, /the gateway's credentials/],
      ] as const) {
        stack.alpha.setFaults({ error }, 1);
        const response = await rerank(ask);
        assert.equal(response.status, status);
        assert.match(await response.text(), message);
      }
    });
  });
}
