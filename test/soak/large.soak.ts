import type { Server } from "node:http";
import { after, before, describe, it } from "node:test";
import { wholeAnswerBytesMax } from "../../src/dialect/whole-response.ts";
import { portOf } from "../support/faults/silent-answers.ts";
import { largeConfig, provesLarge, startLargeProvider } from "../support/load/large-answers.ts";
import { startTestStack, type TestStack } from "../support/stack/stack.ts";

describe("answers up to the maximum", () => {
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

  for (const model of ["downstream", "attempt", "upstream", "later"])
    for (const stream of [false, true])
      for (const bytes of [5_000_000, 20_000_000, 40_000_000, wholeAnswerBytesMax - 1, wholeAnswerBytesMax])
        for (const shape of [{}, { chunked: true, writeBytes: 60_000 }, { gzip: true }])
          it(`pass: ${bytes} bytes, ${stream ? "streamed" : "whole"}, ${JSON.stringify(shape)}, model ${model}`, () =>
            provesLarge(stack, envoyExits, model, stream, { bytes, ...shape }));
});
