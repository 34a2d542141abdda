import type { Server } from "node:http";
import { listen, type Pace, writePaced } from "./paced-streams.ts";

/** An OpenAI-like provider that costs little: 1.5 KB at once, or paced events each of which says when it was written. */
export function startChatUpstream(pace: Pick<Pace, "events" | "everyMs">): Promise<Server> {
  return listen((request, response) => {
    let wantsStream = false;
    request.on("data", (part: Buffer) => {
      wantsStream ||= part.includes('"stream":true');
    });
    request.on("end", () => {
      if (wantsStream) {
        response.writeHead(200, { "content-type": "text/event-stream" });
        writePaced(response, pace, nextEvent, lastEvents);
        return;
      }
      response.writeHead(200, { "content-type": "application/json", "content-length": answer.length });
      response.end(answer);
    });
  });
}

function nextEvent(): string {
  const content = `written ${performance.now()} and more`;
  return `data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, delta: { content } }] })}`;
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

const usage = { prompt_tokens: 400, completion_tokens: 50, total_tokens: 450 };
const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_700_000_000, model: "model-a" };
const lastEvents = [
  JSON.stringify({ ...chunk, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
  JSON.stringify({ ...chunk, choices: [], usage }),
  "[DONE]",
]
  .map((data) => `data: ${data}\n\n`)
  .join("");
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
