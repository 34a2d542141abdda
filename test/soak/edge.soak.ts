import assert from "node:assert/strict";
import { it } from "node:test";
import { fuzzFrames, fuzzHpack } from "../fuzz/http2.ts";
import { Random } from "../support/core/random.ts";
import { openStreams, resetStreams } from "../support/edge/endurance.ts";
import { floodSuite } from "../support/edge/flood.ts";
import {
  check,
  decodeFully,
  decodeInPlace,
  randomModel,
  spoil,
  throughProtoLoader,
} from "../support/envoy/random-requests.ts";

// What `npm test` does for seconds, for as long as the promises say. Usage: npm run soak:edge; one of them alone, e.g. the resets:
// npm run soak:edge -- --test-name-pattern='by a reset'
const resetMinutes = 10;

it("fails no stream of 5,000 a second that end by a reset", {
  timeout: (resetMinutes + 2) * 60_000,
}, async (test) => {
  const { streams, seconds, p99Ms } = await resetStreams(resetMinutes * 60_000);
  test.diagnostic(`${streams} streams in ${seconds.toFixed(0)} s, p99 ${p99Ms.toFixed(1)} ms`);
});

it("holds at most 6 KB for an open call, and nothing once it is closed", {
  timeout: 60_000,
}, async (test) => {
  const { openRssBytes, leftLiveBytes } = await openStreams(10_000);
  test.diagnostic(`${openRssBytes.toFixed(0)} bytes an open call, ${leftLiveBytes.toFixed(0)} a closed one`);
  assert.ok(openRssBytes <= 6_000);
  assert.ok(leftLiveBytes <= 100);
});

it("survives mutated conversations and random header blocks", { timeout: 600_000 }, () => {
  for (let seed = 1; seed <= 100; seed++) {
    fuzzFrames({ seed, runs: 2_000 });
    fuzzHpack({ seed, runs: 50_000 });
  }
});

it("reads random requests as they were meant, and spoilt ones or not at all", { timeout: 600_000 }, () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Random(seed);
    for (let index = 0; index < 10_000; index++) {
      const model = randomModel(random);
      const bytes = throughProtoLoader(model);
      check(decodeInPlace(bytes), model);
      decodeFully(spoil(bytes, random));
    }
  }
});

floodSuite({ attackMs: 10_000, slowdown: 2 });
