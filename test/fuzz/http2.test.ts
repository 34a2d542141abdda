import { it } from "node:test";
import { fuzzFrames, fuzzHpack } from "./http2.ts";

it("survives mutated conversations: no exception, no hang, every opened call closed once", () => {
  fuzzFrames({ seed: 20_261_121, runs: 1_500 });
});

it("survives random header blocks: no exception, and no field beyond the block's worth", () => {
  fuzzHpack({ seed: 20_261_121, runs: 20_000 });
});
