import assert from "node:assert/strict";
import { it } from "node:test";
import { createLog } from "../../src/core/log.ts";
import { Gateway } from "../../src/gateway.ts";
import { ask, chatBody } from "../support/clients/chat.ts";
import { until } from "../support/core/until.ts";
import { describeOnEveryEdge } from "../support/edge/every-edge.ts";
import { startTestStack } from "../support/stack/stack.ts";

describeOnEveryEdge("while the gateway is away and its Envoy is not", (edge) => {
  it("nothing passes, the error is one SDKs read, and all is well once it is back", async (context) => {
    const stack = await startTestStack(context, { edge });
    assert.equal((await ask(stack.baseUrl)).status, 200);
    await stack.idle();
    await stack.stack.gateway.close();
    for (let round = 0; round < 5; round += 1) {
      const answer = await ask(stack.baseUrl);
      assert.equal(answer.status, 503);
      assert.match(answer.headers.get("content-type") ?? "", /^application\/json/);
      const { error } = JSON.parse(answer.text) as { error: { message: string; type: string; code: string } };
      assert.ok(error.message.length > 0 && error.code.length > 0);
      assert.ok(!/envoy|upstream|ext_proc/i.test(answer.text), answer.text);
    }
    assert.equal(stack.alpha.received().length, 1);
    // Its clusters have the names that the Envoy knows.
    const { snapshot } = stack.stack.gateway;
    const back = await Gateway.start({ snapshot, log: createLog("error"), edge });
    try {
      await until("requests are served again", async () => (await ask(stack.baseUrl)).status === 200);
      for (let round = 0; round < 10; round += 1)
        assert.equal((await ask(stack.baseUrl, chatBody({ stream: true }))).status, 200);
    } finally {
      await back.close();
    }
  });
});
