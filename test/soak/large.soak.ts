import { describe, it } from "node:test";
import { wholeAnswerBytesMax } from "../../src/dialect/whole-response.ts";
import { provesLarge, useLargeStack } from "../support/load/large-answers.ts";

describe("answers up to the maximum", () => {
  const running = useLargeStack();

  for (const model of ["downstream", "attempt", "upstream", "later"])
    for (const stream of [false, true])
      for (const bytes of [5_000_000, 20_000_000, 40_000_000, wholeAnswerBytesMax - 1, wholeAnswerBytesMax])
        for (const shape of [{}, { chunked: true, writeBytes: 60_000 }, { gzip: true }])
          it(`pass: ${bytes} bytes, ${stream ? "streamed" : "whole"}, ${JSON.stringify(shape)}, model ${model}`, () =>
            provesLarge(running(), model, stream, { bytes, ...shape }));
});
