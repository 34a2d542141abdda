import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import {
  worstAnswers,
  worstMessages,
  worstRequests,
  worstStreams,
  worstTranslatedStreams,
} from "../../support/hostile/worst-inputs.ts";
import { answerStallMs, requestStallMs, worstCaseExchanges } from "../../support/hostile/worst-stall.ts";
import { heldMs, heldNow } from "../../support/measure/held-clock.ts";

// The short form of `npm run bench:worst`: at a hundredth of the size, work that is not sliced or done elsewhere takes 80 ms and more on a quiet
// machine. What an input causes comes each time, and what the machine adds does not: the least of some runs counts.
const bytes = 300_000;
const runsMax = 5;
/** A stall may be this many times as long as {@link paceMs} is at that moment: twice and more what a quiet machine shows, which is 30 ms. */
const pacesMax = 15;
/** What takes 2 ms to parse on a quiet machine, and longer where others use its caches and cores. */
const paceText = JSON.stringify(Array.from({ length: 9_000 }, (_, id) => ({ id, text: "a word" })));
const exchanges = worstCaseExchanges();
after(() => exchanges.services.offload.close());

/** The least of some runs' stalls, in multiples of the machine's pace. */
async function leastPaces(stall: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runsMax && least >= pacesMax; run += 1)
    least = Math.min(least, (await stall()) / paceMs());
  return least;
}

/** How long a fixed piece of work takes now: the median of five times. */
function paceMs(): number {
  const times = Array.from({ length: 5 }, () => {
    const begun = heldNow();
    JSON.parse(paceText);
    return heldMs(begun, heldNow());
  });
  return times.sort((left, right) => left - right)[2] ?? Number.NaN;
}

describe("the event loop", () => {
  it("is never held for long by a request", async () => {
    // The first request reads the vocabulary and starts the worker, which a gateway has done before.
    for (const { make } of worstRequests.slice(0, 2)) await requestStallMs(exchanges, make(bytes), "one");
    for (const { name, make } of worstRequests) {
      const paces = await leastPaces(() => requestStallMs(exchanges, make(bytes), "one"));
      assert.ok(paces < pacesMax, `${name}: ${paces} times as long as the pace`);
    }
  });

  for (const [what, inputs, contentType, stream, model] of [
    ["whole answer", worstAnswers, "application/json", false, "one"],
    ["stream", worstStreams, "text/event-stream", true, "one"],
    ["checked stream", worstStreams.slice(-6), "text/event-stream", true, "checked"],
    ["translated stream", worstTranslatedStreams, "text/event-stream", true, "other"],
    ["stream of messages", worstMessages, "application/vnd.amazon.eventstream", true, "aws"],
  ] as const)
    it(`is never held for long by a ${what}`, async () => {
      for (const { name, make } of inputs) {
        const kind = { contentType, model, stream, pieceBytes: bytes };
        const paces = await leastPaces(() => answerStallMs(exchanges, make(bytes), kind));
        assert.ok(paces < pacesMax, `${name}: ${paces} times as long as the pace`);
      }
    });

  // Read and counted at once, such an event takes 100 ms and more.
  it("is never held for long by one event of megabytes", async () => {
    for (const { name, make } of worstStreams.filter((input) => input.name.startsWith("one event"))) {
      const kind = { contentType: "text/event-stream", model: "one", stream: true, pieceBytes: 1_000_000 };
      const paces = await leastPaces(() => answerStallMs(exchanges, make(6_000_000), kind));
      assert.ok(paces < pacesMax, `${name}: ${paces} times as long as the pace`);
    }
  });
});
