import assert from "node:assert/strict";
import { it } from "node:test";
import { undergoAttack } from "../support/hostile/hostile.ts";

/** Bodies in flight, those of large answers, and the heaps of the workers; without bounds it would be gigabytes. */
const grownBytesMax = 1_500_000_000;

it("serves every honest request of a tenant while another attacks in every way at once, in bounded memory", async () => {
  const { attacked, bouts, gateway, envoy } = await undergoAttack({
    warmUpMs: 500,
    calmMs: 500,
    attackMs: 10_000,
  });
  assert.ok(attacked.asked > 0);
  assert.deepEqual(attacked.failures, []);
  assert.ok(bouts.size > 0, "it was attacked");
  for (const { beforeBytes, mostBytes } of [gateway, envoy])
    assert.ok(mostBytes - beforeBytes < grownBytesMax, `${mostBytes} bytes of ${beforeBytes} before`);
});
