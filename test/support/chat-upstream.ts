import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Pace } from "./paced-streams.ts";

/** An OpenAI-like provider that costs little: 1.5 KB at once, or paced events each of which says when it was written. */
export async function startChatUpstream({ events, everyMs }: Pace): Promise<Server> {
  const server = createServer((request, response) => {
    let wantsStream = false;
    request.on("data", (part: Buffer) => {
      wantsStream ||= part.includes('"stream":true');
    });
    request.on("end", () => {
      if (!wantsStream) {
        response.writeHead(200, { "content-type": "application/json", "content-length": answer.length });
        response.end(answer);
        return;
      }
      response.writeHead(200, { "content-type": "text/event-stream" });
      let written = 0;
      const write = () => {
        if (written++ < events) {
          const content = `written ${performance.now()} and more`;
          response.write(
            `data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, delta: { content } }] })}\n\n`,
          );
          return;
        }
        clearInterval(timer);
        const last = { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
        response.write(`data: ${JSON.stringify(last)}\n\n`);
        response.end(`data: ${JSON.stringify({ ...chunk, choices: [], usage })}\n\ndata: [DONE]\n\n`);
      };
      const timer = setInterval(write, everyMs);
      write();
      response.on("close", () => clearInterval(timer));
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 1_024, resolve));
  return server;
}

/** A chat request as HTTP/1.1 sends it, of about so many bytes. */
export function chatRequest(bytes: number, stream = false): Buffer {
  const words = "How does a tollgate work, and what does it cost to pass? ";
  const body = JSON.stringify({
    model: "model-a",
    stream,
    max_tokens: 100,
    messages: [
      {
        role: "user",
        content: words.repeat(Math.ceil(bytes / words.length)).slice(0, Math.max(0, bytes - 110)),
      },
    ],
  });
  const head = [
    "POST /v1/chat/completions HTTP/1.1",
    "host: gateway",
    "authorization: Bearer key-acme",
    "content-type: application/json",
    ...(stream ? ["connection: close"] : []),
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** Of {@link startChatUpstream}'s server. */
export function chatPort(server: Server): number {
  return (server.address() as AddressInfo).port;
}

const usage = { prompt_tokens: 400, completion_tokens: 50, total_tokens: 450 };
const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_700_000_000, model: "model-a" };
const answer = Buffer.from(
  JSON.stringify({
    ...chunk,
    object: "chat.completion",
    choices: [
      { index: 0, message: { role: "assistant", content: "It lifts. ".repeat(125) }, finish_reason: "stop" },
    ],
    usage,
  }),
);
