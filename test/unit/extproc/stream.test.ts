import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EdgeStream } from "../../../src/edge/edge.ts";
import { RoleStream } from "../../../src/extproc/stream.ts";

/** A ProcessingRequest with empty response headers: any message will do. */
const message = Buffer.from([0x1a, 0x00]);

/** A stream whose role answers when the test says so, and what happens to it. */
function streamWith(reply: () => Promise<Uint8Array> | Uint8Array) {
  const events: string[] = [];
  const stream = {
    send: () => void events.push("sent"),
    end: () => void events.push("ended"),
    fail: () => void events.push("failed"),
  } as unknown as EdgeStream;
  const role = {
    cut: false,
    last: false,
    done: false,
    on: reply,
    fail: () => message,
    closed: () => void events.push("told"),
  };
  return { events, handler: new RoleStream(stream, role, (error) => assert.fail(String(error))) };
}

describe("RoleStream", () => {
  it("tells its role that nobody waits when Envoy stops asking while a reply is owed, and tells it once", async () => {
    let answer: (bytes: Uint8Array) => void = () => {};
    const { events, handler } = streamWith(() => new Promise((resolve) => (answer = resolve)));
    handler.message(message);
    handler.halfClosed();
    assert.deepEqual(events, ["told"]);
    answer(message);
    await new Promise(setImmediate);
    assert.deepEqual(events, ["told", "sent", "ended"]);
    handler.closed();
    assert.deepEqual(events, ["told", "sent", "ended"]);
  });

  it("takes an end of the questions for no leaving when all are answered", () => {
    const { events, handler } = streamWith(() => message);
    handler.message(message);
    handler.halfClosed();
    assert.deepEqual(events, ["sent", "ended"]);
    handler.closed();
    assert.deepEqual(events, ["sent", "ended", "told"]);
  });
});
