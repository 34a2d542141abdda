import { setTimeout as delay } from "node:timers/promises";
import type { FakeProvider } from "../fake/fake-provider.ts";
import type { Terminal } from "./terminal.ts";

/** Services of the demo's traffic. */
export interface DemoTraffic {
  readonly terminal: Terminal;
  /** The base URL an OpenAI SDK would be given. */
  readonly url: string;
  /** The provider of the first target. */
  readonly alpha: FakeProvider;
  readonly keys: { readonly acme: string; readonly tiny: string };
  /** True if everything so far is paid. */
  readonly settled: () => boolean;
}

const model = "gpt-4.1-mini";
/** Ten milliseconds each. */
const settledWaitsMax = 500;
const question = [{ role: "user", content: "How does a tollgate work? One line." }];

/** Sends the five requests that show what the gateway does, and prints what each client got. */
export async function demoTraffic(demo: DemoTraffic): Promise<void> {
  const say = (title: string, result: string): void => demo.terminal.out(`${title.padEnd(44)} ${result}`);
  say("1. a call", await call(demo, demo.keys.acme, { max_tokens: 40 }));
  say("2. a stream", await stream(demo, { max_tokens: 40 }));
  demo.alpha.setFaults({ status: 503 });
  say("3. a call whose first backend is down", await call(demo, demo.keys.acme, { max_tokens: 40 }));
  demo.alpha.setFaults({});
  for (const attempt of ["4. a tenant with $0.00022 a day", "   the same again"]) {
    say(attempt, await call(demo, demo.keys.tiny, { max_tokens: 120 }));
    // The first call's unused hold returns before the second asks.
    for (let waits = 0; waits < settledWaitsMax && !demo.settled(); waits += 1) await delay(10);
  }
  demo.alpha.setFaults({ tokens: 400, tokenDelayMs: 20 });
  say("5. a client that leaves in mid-stream", await leave(demo));
  demo.alpha.setFaults({});
}

async function call(demo: DemoTraffic, key: string, options: object): Promise<string> {
  const response = await post(demo, key, { model, messages: question, ...options });
  const body = (await response.json()) as {
    choices?: { message: { content: string } }[];
    usage?: object;
    error?: { message: string; code: string };
  };
  const by = response.headers.get("x-tollgate-backend");
  if (body.error !== undefined) return `${response.status} ${body.error.code}: ${body.error.message}`;
  return `${response.status} by ${by}: ${JSON.stringify(body.choices?.[0]?.message.content.trim().slice(0, 40))}…`;
}

async function stream(demo: DemoTraffic, options: object): Promise<string> {
  const response = await post(demo, demo.keys.acme, { model, messages: question, stream: true, ...options });
  const text = await response.text();
  const events = text.split("\n\n").filter((event) => event.startsWith("data: "));
  return `${response.status} by ${response.headers.get("x-tollgate-backend")}: ${events.length} events, the last ${events.at(-1)?.slice(6)}`;
}

/** Reads a little of a long answer, then hangs up. */
async function leave(demo: DemoTraffic): Promise<string> {
  const hangUp = new AbortController();
  const response = await post(
    demo,
    demo.keys.acme,
    { model, messages: question, stream: true, max_tokens: 400 },
    hangUp.signal,
  );
  const reader = response.body?.getReader();
  let bytes = 0;
  const deadline = delay(400);
  let open = true;
  void deadline.then(() => {
    open = false;
  });
  while (open) bytes += (await reader?.read())?.value?.length ?? 0;
  hangUp.abort();
  const left = performance.now();
  while (demo.alpha.received().at(-1)?.aborted !== true && performance.now() - left < 2_000) await delay(2);
  return `${response.status}, left after ${bytes} bytes; the provider was cut off ${Math.round(performance.now() - left)} ms later`;
}

function post(demo: DemoTraffic, key: string, body: object, signal?: AbortSignal): Promise<Response> {
  return fetch(`${demo.url}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
}
