import assert from "node:assert/strict";
import type { Server } from "node:http";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { chatBody, rawHead } from "../support/clients/chat.ts";
import { largeConfig, startLargeProvider } from "../support/load/large-answers.ts";
import { portOf } from "../support/load/paced-streams.ts";
import { startTestStack, type TestStack } from "../support/stack/stack.ts";

/** Longer than Envoy's default `delayed_close_timeout` of 1 s. */
const pauseMs = 2_500;
/** Of one of these sizes Envoy has written all, and the kernel has not: how much the kernel takes differs by machine. */
const sizes = [1, 2, 3, 4, 5, 6, 7, 8].map((megabytes) => megabytes * 700_000);

describe("clients that send `connection: close` and pause before they read", () => {
  const stops: (() => Promise<void>)[] = [];
  let provider: Server;
  let stack: TestStack;

  before(async () => {
    provider = await startLargeProvider();
    const options = { config: largeConfig(portOf(provider)) };
    stack = await startTestStack({ after: (stop: () => Promise<void>) => void stops.push(stop) }, options);
  });
  after(async () => {
    for (const stop of stops) await stop();
    provider.closeAllConnections();
    provider.close();
  });

  /** Whether the client gets the answer up to its last chunk. */
  async function readLate(bytes: number): Promise<boolean> {
    const { hostname, port } = new URL(stack.baseUrl);
    const socket = connect(Number(port), hostname);
    socket.pause();
    const content = JSON.stringify({ bytes });
    const body = chatBody({ model: "downstream", messages: [{ role: "user", content }] });
    const head = { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) };
    socket.write(rawHead({ ...head, connection: "close" }) + body);
    await delay(pauseMs);
    const parts: Buffer[] = [];
    socket.on("data", (part) => parts.push(part));
    await new Promise((resolve) => socket.once("error", resolve).once("close", resolve).resume());
    const answer = Buffer.concat(parts);
    assert.match(answer.subarray(0, 2_000).toString("latin1"), /^HTTP\/1\.1 200 /);
    return answer.length > bytes && answer.subarray(-5).toString("latin1") === "0\r\n\r\n";
  }

  it("get all of every answer", async () => {
    const whole = await Promise.all(sizes.map(readLate));
    assert.deepEqual(
      sizes.filter((_, index) => whole[index] !== true),
      [],
    );
  });
});
