import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wholeAnswerBytesMax } from "../../src/dialect/whole-response.ts";
import { errorOf } from "../support/clients/chat.ts";
import { askLarge, type LargeAnswer, provesLarge, useLargeStack } from "../support/load/large-answers.ts";

/** By the role that sees the answer first: none of them may take it for the end of Envoy. */
const models = ["downstream", "attempt", "upstream", "later"] as const;

describe("large answers", () => {
  const running = useLargeStack();

  const passes = (model: string, stream: boolean, answer: LargeAnswer): Promise<void> =>
    provesLarge(running(), model, stream, answer);

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
    const outcome = await askLarge(running().stack.baseUrl, "upstream", false, {
      bytes: wholeAnswerBytesMax + 1,
    });
    assert.deepEqual(running().envoyExits, []);
    assert.ok(outcome.status >= 500, String(outcome.status));
    assert.notEqual(errorOf(outcome).message, "");
  });
});
