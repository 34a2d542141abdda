import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { StoredRecord } from "../../../src/usage/read.ts";
import { chatBody, send } from "../clients/chat.ts";
import { until } from "../core/until.ts";
import type { TestStack } from "../stack/stack.ts";

/** The first backend of model `both` goes away and comes back, under steady load. */
export const outageConfig = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 3, output: 4 } }
models:
  both: { targets: [alpha/model-a, beta/model-b] }
identity: [{ type: api-key, file: ./keys.yaml }]
`;

/** What an outage was like. */
export interface Outage {
  readonly requests: number;
  /** Share of all requests that were answered whole. */
  readonly answered: number;
  /** Requests of the outage before the backend was ejected. */
  readonly untilEjected: number;
  /** Attempts for each request of the outage from then on. */
  readonly attempts: number;
  /** Share of these requests that asked the backend that is away. */
  readonly probes: number;
  /** From the backend's return until it answers again. */
  readonly returnMs: number;
}

/** Requests answered before the backend goes away. */
const warmUpRequests = 60;
const returnMaxMs = 62_000;

/** Asks at a steady rate while the first backend is away for a time, until it answers again. */
export async function undergoOutage(
  stack: TestStack,
  requestsPerSec: number,
  outageMs: number,
): Promise<Outage> {
  stack.stack.gateway.targetHealth.forget();
  const load = new SteadyLoad(stack, requestsPerSec);
  try {
    return await outageUnder(load, stack, outageMs);
  } finally {
    await load.stop();
  }
}

async function outageUnder(load: SteadyLoad, stack: TestStack, outageMs: number): Promise<Outage> {
  await until("it answers at its pace", () => load.answered >= warmUpRequests, 60_000);
  const goneAtMs = Date.now();
  await stack.alpha.refuse();
  await delay(outageMs);
  const asked = stack.alpha.received().length;
  const backAtMs = Date.now();
  await stack.alpha.accept();
  while (stack.alpha.received().length === asked && Date.now() - backAtMs < returnMaxMs) await delay(10);
  const returnMs = Date.now() - backAtMs;
  const { requests, answered } = await load.stop();
  await stack.idle();
  const during = (await stack.records(requests)).filter(({ time }) => {
    const openedMs = Date.parse(String(time));
    return openedMs > goneAtMs && openedMs < backAtMs;
  });
  during.sort((a, b) => Date.parse(String(a.time)) - Date.parse(String(b.time)));
  const untilEjected = during.findIndex((record) => !targetsOf(record).includes(gone));
  assert.ok(untilEjected >= 0, "the backend was ejected");
  const whileEjected = during.slice(untilEjected);
  const attempts = whileEjected.flatMap(targetsOf);
  return {
    requests,
    answered: answered / requests,
    untilEjected,
    attempts: attempts.length / whileEjected.length,
    probes: attempts.filter((target) => target === gone).length / whileEjected.length,
    returnMs,
  };
}

/** What is promised of any outage (acceptance F3). */
export function assertWithstood({ answered, attempts, probes, returnMs }: Outage): void {
  assert.ok(answered >= 0.99, `answered: ${answered}`);
  assert.ok(attempts <= 1.1, `attempts a request: ${attempts}`);
  assert.ok(probes < 0.01, `probes: ${probes}`);
  assert.ok(returnMs < returnMaxMs, `back after ${returnMs} ms`);
}

const gone = "alpha/model-a";

function targetsOf(record: StoredRecord): readonly string[] {
  return (record.attempts as readonly { readonly target: string }[]).map(({ target }) => target);
}

/** Requests at a steady rate, however long each takes; every other is a stream. */
class SteadyLoad {
  readonly #timer: NodeJS.Timeout;
  readonly #calls: Promise<void>[] = [];
  answered = 0;

  constructor({ baseUrl }: TestStack, requestsPerSec: number) {
    const startedMs = performance.now();
    this.#timer = setInterval(() => {
      const due = ((performance.now() - startedMs) / 1_000) * requestsPerSec;
      while (this.#calls.length < due) this.#calls.push(this.#call(baseUrl, this.#calls.length % 2 === 1));
    }, 5);
  }

  async stop(): Promise<{ readonly requests: number; readonly answered: number }> {
    clearInterval(this.#timer);
    await Promise.all(this.#calls);
    return { requests: this.#calls.length, answered: this.answered };
  }

  async #call(baseUrl: string, stream: boolean): Promise<void> {
    if (await isAnswered(baseUrl, stream)) this.answered += 1;
  }
}

async function isAnswered(baseUrl: string, stream: boolean): Promise<boolean> {
  try {
    const response = await send(baseUrl, chatBody({ stream, max_tokens: 5 }));
    const text = await response.text();
    return response.status === 200 && text.includes(stream ? "[DONE]" : '"finish_reason"');
  } catch {
    return false;
  }
}
