import { after, describe, it } from "node:test";
import { Random } from "../support/core/random.ts";
import { FaultRounds, troubles } from "../support/faults/fault-rounds.ts";

const seed = Number(process.env.FAULTS_SEED ?? Date.now() % 1_000_000);

/** Every trouble in the middle of every other, in both orders: `FAULTS_SEED` repeats a run. */
describe(`a tollgate in all pairs of troubles (seed ${seed})`, () => {
  for (const first of troubles)
    describe(first, () => {
      let rounds: FaultRounds | undefined;
      after(() => rounds?.close());

      it(`holds its accounts through ${first} and each other trouble`, async () => {
        const random = new Random(seed);
        rounds = await FaultRounds.start();
        for (const second of troubles) if (second !== first) await rounds.pair(first, second, random);
        await rounds.finish();
      });
    });
});
