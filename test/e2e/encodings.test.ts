import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { isDecodable } from "../../src/core/content-decoder.ts";
import { ask, chatBody, errorOf, streamedText } from "../support/clients/chat.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

/** What the server of this file answers, by model: an encoding and a body in it. */
const answers: Readonly<Record<string, readonly [encoding: string, body: Buffer]>> = {
  gzip: ["gzip", gzipSync(answerOf("plain again"))],
  brotli: ["br", brotliCompressSync(answerOf("plain again"))],
  zstd: ["zstd", zstdFrame(answerOf("plain again"))],
  garbage: ["gzip", Buffer.from("this is no gzip at all")],
  bomb: ["gzip", gzipSync(Buffer.alloc(64 * 1024 * 1024, " "), { level: 9 })],
};

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { model } = JSON.parse(Buffer.concat(chunks).toString()) as { model: string };
    const [encoding = "", body = ""] = answers[model] ?? [];
    response.writeHead(200, {
      "content-type": "application/json",
      "content-encoding": encoding,
      "cache-control": "no-transform",
    });
    response.end(body);
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  own: { provider: openai-compatible, endpoint: "${url}/v1", price: { input: 1, output: 2 } }
models:
  one: { targets: [alpha/model-a] }
${Object.keys(answers)
  .map((model) => `  ${model}: { targets: [own/${model}] }`)
  .join("\n")}
identity: [{ type: api-key, file: ./keys.yaml }]
`;

describe("answers that an upstream encodes although it was asked not to", () => {
  after(() => server.close());
  const running = useTestStack({ config });
  let stack: TestStack;
  before(() => {
    stack = running();
  });

  for (const model of ["gzip", "brotli"])
    it(`come plain and whole from ${model}, and are read on their way`, async () => {
      const answer = await ask(stack.baseUrl, chatBody({ model }));
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get("content-encoding"), null);
      assert.equal(answer.text, answerOf("plain again").toString());
      const record = await stack.record(answer.exchange);
      assert.equal(record.usage_source, "provider");
      assert.equal(record.output_tokens, 9);
      assert.equal(record.ending, "completed");
    });

  it("come plain from zstd where Node can decode it, and are else refused", async () => {
    const answer = await ask(stack.baseUrl, chatBody({ model: "zstd" }));
    assert.equal(answer.status, isDecodable("zstd") ? 200 : 502);
    if (isDecodable("zstd")) assert.equal(answer.text, answerOf("plain again").toString());
    else assert.equal(errorOf(answer).code, "upstream_invalid");
  });

  for (const encoding of ["gzip", "br"] as const)
    it(`stream plain from ${encoding}, wherever its bytes are cut`, async () => {
      stack.alpha.setFaults({ encoding, chunkBytes: 7, tokens: 12 }, 1);
      const answer = await ask(stack.baseUrl, chatBody({ model: "one", stream: true, max_tokens: 12 }));
      assert.equal(streamedText(answer.text).trim().split(/\s+/).length, 12);
      assert.ok(answer.text.trimEnd().endsWith("data: [DONE]"));
      const record = await stack.record(answer.exchange);
      assert.equal(record.output_tokens, 12);
      assert.equal(record.usage_source, "provider");
      assert.equal(record.ending, "completed");
    });

  for (const model of ["garbage", "bomb"])
    it(`are an error or a cut when they are ${model}, and never end as if they were whole`, async () => {
      const record = await stack.recordOf(async () => {
        const answer = await ask(stack.baseUrl, chatBody({ model })).catch(() => undefined);
        if (answer === undefined) return;
        assert.equal(answer.status, 502);
        assert.equal(errorOf(answer).code, "upstream_invalid");
      });
      assert.equal(record.ending, "upstream_error");
      assert.equal(record.error_code, "upstream_invalid");
    });
});

/** Long enough for every encoder to have something to do. */
function answerOf(content: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      id: "x".repeat(300),
      object: "chat.completion",
      model: "m",
      choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
      usage: { prompt_tokens: 5, completion_tokens: 9, total_tokens: 14 },
    }),
  );
}

/** A zstd frame that holds its content as it is (RFC 8878 §3.1.1): magic, single segment, two bytes of size, one raw last block. */
function zstdFrame(content: Buffer): Buffer {
  const header = Buffer.alloc(10);
  header.writeUInt32LE(0xfd2fb528, 0);
  header.writeUInt8(0x60, 4);
  header.writeUInt16LE(content.length - 256, 5);
  header.writeUIntLE((content.length << 3) | 1, 7, 3);
  return Buffer.concat([header, content]);
}
