import assert from "node:assert/strict";
import { it } from "node:test";
import { openStreams, resetStreams } from "../support/edge-endurance.ts";

it("fails no stream of thousands a second that end by a reset", { timeout: 60_000 }, async () => {
  await resetStreams(2_000);
});

it("holds at most 6 KB for an open call, and finds the room again for the next", {
  timeout: 60_000,
}, async () => {
  const { openBytes, leftBytes } = await openStreams(10_000);
  assert.ok(openBytes <= 6_000, `${openBytes} bytes an open call`);
  assert.ok(leftBytes <= 1_500, `${leftBytes} bytes a call more the second time`);
});
