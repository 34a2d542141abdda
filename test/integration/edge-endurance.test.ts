import assert from "node:assert/strict";
import { it } from "node:test";
import { openStreams, resetStreams } from "../support/edge/endurance.ts";

// The same for 10 min: test/soak/edge.soak.ts.
it("fails no stream of 5,000 a second that end by a reset", { timeout: 60_000 }, async () => {
  await resetStreams(6_000);
});

it("holds at most 6 KB for an open call, and nothing once it is closed", { timeout: 60_000 }, async () => {
  const { openRssBytes, leftLiveBytes } = await openStreams(4_000);
  assert.ok(openRssBytes <= 6_000, `${openRssBytes} bytes an open call`);
  assert.ok(leftLiveBytes <= 100, `${leftLiveBytes} bytes a closed call`);
});
