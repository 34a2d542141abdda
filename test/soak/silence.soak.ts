import type { Server } from "node:http";
import { after, before, describe, it } from "node:test";
import { provesSilence, silentStack, startSilentProvider } from "../support/faults/silent-answers.ts";
import { startTestStack, type TestStack } from "../support/stack/stack.ts";

/** Longer than the 50 s after which Envoy, by default, evicts a gRPC client that nobody asks for. */
const silenceMs = 75_000;
const soakMs = 30 * 60_000;

describe("thirty minutes of answers that are silent for more than a minute", () => {
  const stops: (() => Promise<void>)[] = [];
  const envoyExits: string[] = [];
  let provider: Server;
  let stack: TestStack;

  before(async () => {
    provider = await startSilentProvider(silenceMs);
    const options = silentStack(provider, envoyExits);
    stack = await startTestStack({ after: (stop: () => Promise<void>) => void stops.push(stop) }, options);
  });
  after(async () => {
    for (const stop of stops) await stop();
    provider.closeAllConnections();
    provider.close();
  });

  it("come whole in every role, and Envoy goes on", async () => {
    const endMs = performance.now() + soakMs;
    while (performance.now() < endMs) await provesSilence(stack, envoyExits);
  });
});
