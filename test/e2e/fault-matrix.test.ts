import { after, describe, it } from "node:test";
import { Random } from "../support/core/random.ts";
import { FaultRounds, troubles } from "../support/faults/fault-rounds.ts";

const seed = Number(process.env.FAULTS_SEED ?? 16);

describe(`a tollgate in two troubles at once (seed ${seed})`, () => {
  let rounds: FaultRounds | undefined;
  after(() => rounds?.close());

  it("serves again after each pair, and its accounts are its records, and its records the bills", async () => {
    const random = new Random(seed);
    const order = troubles
      .map((trouble) => ({ trouble, at: random.below(1_000_000) }))
      .sort((one, other) => one.at - other.at);
    rounds = await FaultRounds.start();
    for (let at = 0; at < order.length; at += 2) {
      const [first, second] = [order[at], order[at + 1]];
      if (first !== undefined && second !== undefined)
        await rounds.pair(first.trouble, second.trouble, random);
    }
    await rounds.finish();
  });
});
