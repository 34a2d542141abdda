import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readMetric } from "../support/admin/read-metric.ts";
import { ask, chatBody } from "../support/clients/chat.ts";
import { useTestStack } from "../support/stack/stack.ts";

describe("a client that guesses keys", () => {
  const stack = useTestStack();

  it("is told to wait, whatever it says of where it comes from, and slows nobody whose key is known", async () => {
    const { baseUrl, stack: running } = stack();
    const guess = async (n: number) => {
      const headers = { "x-forwarded-for": `198.51.100.${n}`, "x-real-ip": `198.51.100.${n}` };
      return ask(baseUrl, chatBody({ model: "one" }), { key: `key-acme-${n}`, headers });
    };
    const answers = [];
    for (let n = 0; n < 14; n++) answers.push(await guess(n));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [...new Array<number>(10).fill(401), ...new Array<number>(4).fill(429)],
    );
    assert.ok(Number(answers.at(-1)?.headers.get("retry-after")) > 0);
    for (const key of ["key-acme", "key-tiny"])
      assert.equal((await ask(baseUrl, chatBody({ model: "one" }), { key })).status, 200);
    assert.equal((await ask(baseUrl, chatBody({ model: "one" }), { key: null })).status, 401);
    assert.equal(await readMetric(running.gateway.adminUrl, "tollgate_credential_guessing_total"), 1);
  });
});
