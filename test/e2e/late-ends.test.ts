import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { startTestStack, type TestStack } from "../support/stack/stack.ts";

/** How one streamed dialect is asked, and where its own end begins, which follows finish reason and usage. */
interface Asked {
  readonly path: (model: string) => string;
  readonly body: (model: string) => object;
  readonly provider: string;
  readonly model: string;
  /** Undefined: the format has no end of its own, but that of HTTP. */
  readonly end?: string;
}

const prompt = "How does a tollgate work?";
const messages = [{ role: "user", content: prompt }];
const claude = "anthropic.claude-3-haiku-20240307-v1:0";
const dialects: Readonly<Record<string, Asked>> = {
  "openai-chat": {
    path: () => "/v1/chat/completions",
    body: (model) => ({ model, messages, stream: true }),
    provider: "openai",
    model: "gpt-4.1-mini",
    end: "data: [DONE]",
  },
  "openai-completions": {
    path: () => "/v1/completions",
    body: (model) => ({ model, prompt, max_tokens: 20, stream: true }),
    provider: "openai",
    model: "gpt-3.5-turbo-instruct",
    end: "data: [DONE]",
  },
  "openai-responses": {
    path: () => "/v1/responses",
    body: (model) => ({ model, input: prompt, stream: true }),
    provider: "openai",
    model: "gpt-4.1-mini",
  },
  "anthropic-messages": {
    path: () => "/v1/messages",
    body: (model) => ({ model, messages, max_tokens: 20, stream: true }),
    provider: "anthropic",
    model: "claude-haiku-4-5",
    end: "event: message_stop",
  },
  "bedrock-invoke-claude": {
    path: (model) => `/model/${model}/invoke-with-response-stream`,
    body: () => ({ anthropic_version: "bedrock-2023-05-31", max_tokens: 20, messages }),
    provider: "bedrock, region: us-east-1",
    model: claude,
  },
  "gemini-generate": {
    path: (model) => `/v1beta/models/${model}:streamGenerateContent?alt=sse`,
    body: () => ({ contents: [{ role: "user", parts: [{ text: prompt }] }] }),
    provider: "gemini",
    model: "gemini-2.5-flash",
  },
  "bedrock-converse": {
    path: (model) => `/model/${model}/converse-stream`,
    body: () => ({ messages: [{ role: "user", content: [{ text: prompt }] }] }),
    provider: "bedrock, region: us-east-1",
    model: claude,
  },
};
const names = Object.keys(dialects);

/** Passes calls on to a provider whose streams it lets end without their format's own end, and leaves open where the path asks for it. */
async function startEndless(upstream: () => string): Promise<Server> {
  const server = createServer((request, response) => {
    void pass(upstream(), request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

async function pass(upstream: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const [, ending, path = ""] = /^\/(ends|stays)(\/.*)$/.exec(request.url ?? "") ?? [];
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    typeof value === "string" && !["host", "content-length", "connection"].includes(name)
      ? [[name, value] as [string, string]]
      : [],
  );
  const answer = await fetch(upstream + path, { method: "POST", headers, body: Buffer.concat(parts) });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const ends = [...new Set(Object.values(dialects).flatMap(({ end }) => end ?? []))];
  const at = ends.map((end) => bytes.indexOf(end)).find((index) => index > 0);
  response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
  response.write(bytes.subarray(0, at));
  if (ending === "ends") response.end();
}

describe("a stream that has given its finish reason and usage", () => {
  const stops: (() => Promise<void>)[] = [];
  let stack: TestStack;
  let endless: Server;

  before(async () => {
    endless = await startEndless(() => stack.alpha.url);
    const { port } = endless.address() as AddressInfo;
    const backend = (name: string, ending: string): string => {
      const path = name.startsWith("openai") ? "/v1" : "";
      return `  ${name}-${ending}: { provider: ${dialects[name]?.provider}, endpoint: "http://127.0.0.1:${port}/${ending}${path}", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 1 } }`;
    };
    const model = (name: string, ending: string): string =>
      `  ${name}-${ending}: { targets: ["${name}-${ending}/${dialects[name]?.model}"], timeouts: { betweenTokens: 500ms } }`;
    const both = (line: (name: string, ending: string) => string): string =>
      names.flatMap((name) => [line(name, "ends"), line(name, "stays")]).join("\n");
    const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
${both(backend)}
models:
${both(model)}
identity: [{ type: api-key, file: ./keys.yaml }]
`;
    stack = await startTestStack({ after: (stop: () => Promise<void>) => void stops.push(stop) }, { config });
  });
  after(async () => {
    for (const stop of stops) await stop();
    endless.closeAllConnections();
    endless.close();
  });

  for (const name of names)
    for (const [ending, title] of [
      ["ends", "is complete without its format's own end"],
      ["stays", "is complete though its provider says nothing more and keeps it open"],
    ] as const)
      it(`${title}: ${name}`, async () => {
        const { path, body } = dialects[name]!;
        const model = `${name}-${ending}`;
        const response = await fetch(stack.stack.listenUrl + path(model), {
          method: "POST",
          headers: {
            authorization: "Bearer key-acme",
            "content-type": "application/json",
            "anthropic-version": "2023-06-01",
          },
          body: JSON.stringify(body(model)),
        });
        const text = await response.text();
        assert.equal(response.status, 200, text);
        assert.doesNotMatch(text, /event: error|"error":\{|exception/i);
        const record = await stack.record(response.headers.get("x-tollgate-exchange-id"));
        assert.equal(record.ending, "completed", text);
        assert.equal(record.usage_source, "provider");
        const { billed } = stack.alpha.received().at(-1)!;
        assert.equal(record.output_tokens, billed?.outputTokens);
      });

  it("leaves nothing open, and met no bug", async () => {
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});
