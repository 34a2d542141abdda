import type { Faults } from "../../src/fake/faults.ts";
import { ask, chatBody } from "../support/clients/chat.ts";
import { startTestStack, type TestStack } from "../support/stack/stack.ts";

// What failing over adds, and how soon after a deadline it begins: through the real Envoy, each failing call beside one that goes to the
// second backend directly. Usage: npm run bench:route [CALLS]

const calls = Number(process.argv[2] ?? 400);
const warmUpCalls = 40;
const deadlineMs = 300;
const deadlineCalls = 40;

const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
retries: { atLeastPerSecond: 1000 }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 3, output: 4 } }
models:
  direct: { targets: [beta/model-b] }
  content: { targets: [alpha/model-a, beta/model-b] }
  status: { targets: [alpha/model-a, beta/model-b], failover: status }
  late: { targets: [alpha/model-a, beta/model-b], timeouts: { firstToken: ${deadlineMs}ms, attempt: ${deadlineMs}ms } }
identity: [{ type: api-key, file: ./keys.yaml }]
`;

const failures: readonly (readonly [title: string, model: string, stream: boolean, faults: Faults])[] = [
  ["503, by status, whole", "status", false, { status: 503 }],
  ["503, by status, streamed", "status", true, { status: 503 }],
  ["503, by content, whole", "content", false, { status: 503 }],
  ["503, by content, streamed", "content", true, { status: 503 }],
  ["an error inside a 200, by content, whole", "content", false, { errorEvent: 0 }],
  ["an error event first, by content, streamed", "content", true, { errorEvent: 0 }],
];

const stops: (() => Promise<void>)[] = [];
const stack = await startTestStack(
  { after: (stop: () => Promise<void>) => void stops.push(stop) },
  { config },
);
try {
  console.log(
    "| failed attempt | direct call p50 | p99 | failing over adds p50 | p99 |\n|---|---|---|---|---|",
  );
  for (const [title, model, stream, faults] of failures)
    console.log(`| ${title} | ${await overheadOf(stack, model, stream, faults)} |`);
  console.log(
    `\n| no first content within ${deadlineMs} ms | fallback begins after p50 | longest |\n|---|---|---|`,
  );
  for (const stream of [true, false])
    console.log(`| ${stream ? "streamed" : "whole"} | ${await latenessOf(stack, stream)} |`);
} finally {
  for (const stop of stops) await stop();
}

/** What a failing call takes beyond a direct one made next to it and beyond the provider's own time for the failure. */
async function overheadOf(
  { alpha, baseUrl, stack: { gateway } }: TestStack,
  model: string,
  stream: boolean,
  faults: Faults,
): Promise<string> {
  const directMs: number[] = [];
  const addedMs: number[] = [];
  alpha.setFaults(faults);
  for (let call = -warmUpCalls; call < calls; call += 1) {
    gateway.targetHealth.forget();
    const direct = await timed(baseUrl, chatBody({ model: "direct", stream }));
    const failing = await timed(baseUrl, chatBody({ model, stream }));
    const failedMs = alpha.received().at(-1)?.closedAfterMs ?? 0;
    if (call < 0) continue;
    directMs.push(direct);
    addedMs.push(failing - direct - failedMs);
  }
  return [at(directMs, 0.5), at(directMs, 0.99), at(addedMs, 0.5), at(addedMs, 0.99)]
    .map((ms) => `${ms.toFixed(1)} ms`)
    .join(" | ");
}

/** From the first backend's request to the second's, at the backends. */
async function latenessOf(
  { alpha, beta, baseUrl, stack: { gateway } }: TestStack,
  stream: boolean,
): Promise<string> {
  const afterMs: number[] = [];
  alpha.setFaults({ hang: true });
  for (let call = 0; call < deadlineCalls; call += 1) {
    gateway.targetHealth.forget();
    await timed(baseUrl, chatBody({ model: "late", stream }));
    const [first, second] = [alpha, beta].map((one) => Date.parse(one.received().at(-1)?.time ?? ""));
    afterMs.push((second ?? Number.NaN) - (first ?? Number.NaN));
  }
  return [at(afterMs, 0.5), Math.max(...afterMs)].map((ms) => `${ms.toFixed(0)} ms`).join(" | ");
}

async function timed(baseUrl: string, body: string): Promise<number> {
  const startedMs = performance.now();
  const answer = await ask(baseUrl, body);
  if (answer.status !== 200) throw new Error(answer.text);
  return performance.now() - startedMs;
}

function at(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}
