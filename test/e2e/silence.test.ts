import type { Server } from "node:http";
import { after, before, describe, it } from "node:test";
import { quickEviction } from "../support/envoy/patched-envoy.ts";
import { provesSilence, silentStack, startSilentProvider } from "../support/faults/silent-answers.ts";
import { startTestStack, type TestStack } from "../support/stack/stack.ts";

/** Longer than Envoy keeps a gRPC client that nobody asks for, as it is patched here. */
const silenceMs = 6_500;

describe("answers slower than Envoy's eviction of gRPC clients", () => {
  const stops: (() => Promise<void>)[] = [];
  const envoyExits: string[] = [];
  let provider: Server;
  let stack: TestStack;

  before(async () => {
    provider = await startSilentProvider(silenceMs);
    const options = { ...silentStack(provider, envoyExits), bootstrapPatches: [quickEviction] };
    stack = await startTestStack({ after: (stop: () => Promise<void>) => void stops.push(stop) }, options);
  });
  after(async () => {
    for (const stop of stops) await stop();
    provider.closeAllConnections();
    provider.close();
  });

  it("come whole in every role, and Envoy goes on", () => provesSilence(stack, envoyExits));
});
