import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { GatewayError } from "../../../src/core/errors.ts";
import { largeBytesMin } from "../../../src/core/shared-bytes.ts";
import { dialects } from "../../../src/dialect/index.ts";
import { Offload, unpackFacts } from "../../../src/dialect/offload/offload.ts";
import { dialectSamples } from "../../conformance/dialect-samples.ts";

const offload = new Offload();
after(() => offload.close());

const edits = { model: "other", outputCap: 7, outputCapField: "max_tokens" };

/** The same request, as long as large ones are. */
function padded(body: object): Buffer {
  const json = JSON.stringify(body).replace(/"raw:([^"]*)"/g, "$1");
  return Buffer.from(`${json.slice(0, -1)}${" ".repeat(largeBytesMin)}}`);
}

describe("Offload", () => {
  for (const dialect of dialects) {
    const sample = dialectSamples[dialect.name];
    if (sample === undefined) continue;
    it(`reads and writes a ${dialect.name} request as it is read and written here`, async () => {
      const body = padded(sample.body);
      const operation = dialect.match(sample.method, sample.path);
      assert.ok(operation !== undefined);
      const here = dialect.inspect(body, operation);
      const facts = unpackFacts(
        await offload.do("acme", { kind: "inspect", dialect: dialect.name, operation, body }),
      );
      assert.deepEqual(facts, here);
      const outputCapField = sample.cap?.split(".").at(-1) ?? "max_tokens";
      const target = {
        ...edits,
        ...(sample.cap === undefined ? { outputCap: undefined } : {}),
        outputCapField,
      };
      const spliced = dialect.splice(body, here, target);
      const written = await offload.do("acme", {
        kind: "splice",
        dialect: dialect.name,
        facts,
        edits: target,
        body,
      });
      assert.deepEqual(Buffer.from(written.body ?? body), spliced);
    });
  }

  it("refuses what is refused here, with the same words and field", async () => {
    const [dialect] = dialects;
    assert.ok(dialect !== undefined);
    const body = padded({ model: 1, messages: [] });
    const operation = { name: "chat" };
    let here: unknown;
    try {
      dialect.inspect(body, operation);
    } catch (error) {
      here = error;
    }
    const there = offload.do("acme", { kind: "inspect", dialect: dialect.name, operation, body });
    await assert.rejects(there, (error) => {
      assert.ok(error instanceof GatewayError && here instanceof GatewayError);
      assert.deepEqual([error.code, error.message, error.param], [here.code, here.message, here.param]);
      return true;
    });
  });

  it("takes no slow or starved worker for a client's fault: 503, to be tried again", async () => {
    const hasty = new Offload({ orderMs: 300 });
    try {
      const body = Buffer.from(`{"model":"m","messages":[]${',"\\n":1'.repeat(4_000_000)}}`);
      const operation = { name: "chat" };
      const order = { kind: "inspect", dialect: "openai-chat", operation, body } as const;
      await assert.rejects(hasty.do("acme", order), (error) => {
        assert.ok(error instanceof GatewayError);
        assert.equal(error.status, 503);
        assert.ok((error.retryAfterMs ?? 0) > 0);
        return true;
      });
    } finally {
      await hasty.close();
    }
  });

  it("refuses a body that needs more memory than a worker has: it always will", async () => {
    const small = new Offload({ heapMb: 4 });
    try {
      const body = Buffer.from(
        `{"model":"m","messages":[{}${',{"role":"user","content":"a"}'.repeat(600_000)}]}`,
      );
      const order = { kind: "format", dialect: "openai-chat", body } as const;
      await assert.rejects(small.do("acme", order), { code: "invalid_request" });
    } finally {
      await small.close();
    }
  });
});
