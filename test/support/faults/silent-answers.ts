import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { ask, chatBody, streamedText } from "../clients/chat.ts";
import { portOf } from "../load/paced-streams.ts";
import type { TestStack, TestStackOptions } from "../stack/stack.ts";

/** A model each for the roles that a request passes, and whether the answer that is waited for is a stream. */
const exchanges: readonly { readonly role: string; readonly model: string; readonly stream: boolean }[] = [
  { role: "downstream", model: "plain", stream: false },
  { role: "downstream", model: "plain", stream: true },
  { role: "attempt", model: "second", stream: false },
  { role: "attempt", model: "second", stream: true },
  { role: "validated", model: "either", stream: false },
  { role: "guarded", model: "either", stream: true },
];

/** A stack's config, with a provider that is silent for long and one that always fails. */
export function silentConfig(port: number): string {
  return `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  slow: { provider: openai-compatible, endpoint: "http://127.0.0.1:${port}/slow", price: { input: 1, output: 1 } }
  failing: { provider: openai-compatible, endpoint: "http://127.0.0.1:${port}/failing", price: { input: 1, output: 1 } }
models:
  plain: { targets: [slow/m] }
  second: { targets: [failing/m, slow/m], failover: status, timeouts: { attempt: 10m, total: 20m } }
  either: { targets: [slow/m, failing/m], failover: content, timeouts: { attempt: 10m, total: 20m } }
identity: [{ type: api-key, file: ./keys.yaml }]
`;
}

/** Starts a provider that answers below `/failing` with 503, and below `/slow` after a silence and with silences in its streams. */
export async function startSilentProvider(silenceMs: number): Promise<Server> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (request.url?.startsWith("/failing") === true) {
        response.writeHead(503, { "content-type": "application/json" }).end('{"error":{"message":"no"}}');
        return;
      }
      const { stream } = JSON.parse(Buffer.concat(parts).toString()) as { stream?: boolean };
      const timers = (stream === true ? streamed : whole).map(({ after, type, text, last }) =>
        setTimeout(() => {
          if (!response.headersSent) response.writeHead(200, { "content-type": type });
          response.write(text);
          if (last) response.end();
        }, after * silenceMs),
      );
      response.on("close", () => {
        for (const timer of timers) clearTimeout(timer);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** Asks in every role at once; while the answers are silent nobody else asks. All must come whole, and Envoy must live. */
export async function provesSilence(stack: TestStack, envoyExits: readonly string[]): Promise<void> {
  const answers = await Promise.all(
    exchanges.map(async ({ role, model, stream }) => {
      const name = `${role}, ${stream ? "streamed" : "whole"}`;
      const answer = await ask(stack.baseUrl, chatBody({ model, stream })).catch((error: unknown) => error);
      if (answer instanceof Error) return `${name}: ${answer.message}`;
      const { status, text } = answer as Awaited<ReturnType<typeof ask>>;
      const said = status === 200 && (stream ? streamedText(text) : text).includes("late words");
      return said ? `${name}: well` : `${name}: ${status} ${text.slice(0, 200)}`;
    }),
  );
  assert.deepEqual(envoyExits, []);
  assert.deepEqual(
    answers,
    exchanges.map(({ role, stream }) => `${role}, ${stream ? "streamed" : "whole"}: well`),
  );
}

/** Options of a stack that asks the silent provider, and notes each end of its Envoy in `envoyExits`. */
export function silentStack(provider: Server, envoyExits: string[]): TestStackOptions {
  return { config: silentConfig(portOf(provider)), onEnvoyExit: (reason) => void envoyExits.push(reason) };
}

interface Part {
  /** In silences since the request. */
  readonly after: number;
  readonly type: string;
  readonly text: string;
  readonly last: boolean;
}

const usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };
const whole: readonly Part[] = [
  {
    after: 1,
    type: "application/json",
    text: JSON.stringify({
      id: "x",
      object: "chat.completion",
      model: "m",
      choices: [{ index: 0, message: { role: "assistant", content: "late words" }, finish_reason: "stop" }],
      usage,
    }),
    last: true,
  },
];

function chunk(content: string, finish: string | null): string {
  const choice = { index: 0, delta: { content }, finish_reason: finish };
  const value = { id: "x", object: "chat.completion.chunk", model: "m", choices: [choice], usage };
  return `data: ${JSON.stringify(value)}\n\n`;
}

/** Silent before its first token, and again before its last. */
const streamed: readonly Part[] = [
  { after: 1, type: "text/event-stream", text: chunk("late ", null), last: false },
  {
    after: 1.2,
    type: "text/event-stream",
    text: `${chunk("words", "stop")}data: [DONE]\n\n`,
    last: true,
  },
];
