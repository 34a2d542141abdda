import assert from "node:assert/strict";
import type { Server } from "node:http";
import { after, before, describe, it } from "node:test";
import { wholeAnswerBytesMax } from "../../src/dialect/whole-response.ts";
import { errorOf } from "../support/clients/chat.ts";
import { portOf } from "../support/faults/silent-answers.ts";
import {
  askLarge,
  type LargeAnswer,
  largeConfig,
  provesLarge,
  startLargeProvider,
} from "../support/load/large-answers.ts";
import { startTestStack, type TestStack } from "../support/stack/stack.ts";

/** By the role that sees the answer first: none of them may take it for the end of Envoy. */
const models = ["downstream", "attempt", "upstream", "later"] as const;

describe("large answers", () => {
  const stops: (() => Promise<void>)[] = [];
  const envoyExits: string[] = [];
  let provider: Server;
  let stack: TestStack;

  before(async () => {
    provider = await startLargeProvider();
    const options = {
      config: largeConfig(portOf(provider)),
      onEnvoyExit: (reason: string) => void envoyExits.push(reason),
    };
    stack = await startTestStack({ after: (stop: () => Promise<void>) => void stops.push(stop) }, options);
  });
  after(async () => {
    for (const stop of stops) await stop();
    provider.closeAllConnections();
    provider.close();
  });

  const passes = (model: string, stream: boolean, answer: LargeAnswer): Promise<void> =>
    provesLarge(stack, envoyExits, model, stream, answer);

  const shapes: readonly (readonly [name: string, shape: Omit<LargeAnswer, "bytes">])[] = [
    ["at once", {}],
    ["chunked in small writes", { chunked: true, writeBytes: 60_000 }],
    ["gzipped", { gzip: true }],
  ];
  for (const model of models)
    for (const [name, shape] of shapes)
      it(`of 300 KB and 1.1 MB pass, whole and streamed, ${name}, model ${model}`, async () => {
        for (const bytes of [300_000, 1_100_000])
          for (const stream of [false, true]) await passes(model, stream, { bytes, ...shape });
      });

  for (const silentBytes of [300_000, 1_000_000, 3_000_000])
    it(`that say nothing for ${silentBytes} bytes pass while a fallback waits`, () =>
      passes("upstream", true, { bytes: 2_000, silentBytes }));

  it("of 20 MB pass whole where they are judged, twice", async () => {
    for (let turn = 0; turn < 2; turn++) await passes("upstream", false, { bytes: 20_000_000 });
  });

  it("above the maximum are an error in the client's format where they must be judged whole", async () => {
    const outcome = await askLarge(stack.baseUrl, "upstream", false, { bytes: wholeAnswerBytesMax + 1 });
    assert.deepEqual(envoyExits, []);
    assert.ok(outcome.status >= 500, String(outcome.status));
    assert.notEqual(errorOf(outcome).message, "");
  });
});
