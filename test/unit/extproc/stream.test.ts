import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EdgeStream } from "../../../src/edge/edge.ts";
import type { ProcessingRequest } from "../../../src/extproc/codec/processing-request.ts";
import { RoleStream } from "../../../src/extproc/stream.ts";

/** A ProcessingRequest with a piece of an answer's body, which may be repeated, and what has to come before it. */
const message = Buffer.from([0x2a, 0x00]);
const responseHeaders = Buffer.from([0x1a, 0x00]);

/** A stream that has seen the head of an answer and whose role answers what follows when the test says so, and what happens to it. */
function streamWith(reply: (message: ProcessingRequest) => Promise<Uint8Array> | Uint8Array | undefined) {
  const events: string[] = [];
  const stream = {
    send: () => void events.push("sent"),
    end: () => void events.push("ended"),
    fail: () => void events.push("failed"),
    pause: () => void events.push("paused"),
    resume: () => void events.push("resumed"),
  } satisfies EdgeStream;
  const role = {
    last: false,
    done: false,
    mayBeginWithResponse: true,
    on: (request: ProcessingRequest) => (request.kind === "response_headers" ? undefined : reply(request)),
    fail: () => message,
    closed: () => void events.push("told"),
  };
  const handler = new RoleStream(stream, role, (error) => assert.fail(String(error)));
  handler.message(responseHeaders);
  return { events, role, handler };
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

  it("tells a peer that breaks the order of messages so, and tells its role that no more will come", () => {
    const { events, handler } = streamWith(() => message);
    handler.message(responseHeaders);
    handler.message(message);
    handler.closed();
    assert.deepEqual(events, ["failed", "told"]);
  });

  it("gives its role messages that last, though the edge uses their memory again", () => {
    const heard: ProcessingRequest[] = [];
    const { handler } = streamWith((request) => {
      heard.push(request);
      return message;
    });
    // response_body { body: "abc" }
    const bytes = Buffer.from([0x2a, 5, 0x0a, 3, 0x61, 0x62, 0x63]);
    handler.message(bytes);
    bytes.fill(0xdb);
    assert.equal(heard[0]?.kind === "response_body" && heard[0].body.toString(), "abc");
  });

  it("takes an end of the questions for no leaving when all are answered", () => {
    const { events, handler } = streamWith(() => message);
    handler.message(message);
    handler.halfClosed();
    assert.deepEqual(events, ["sent", "ended"]);
    handler.closed();
    assert.deepEqual(events, ["sent", "ended", "told"]);
  });

  it("lets its role have the last word before a reply that is still owed, which is then dropped", async () => {
    let answer: (bytes: Uint8Array) => void = () => {};
    const { events, handler } = streamWith(() => new Promise((resolve) => (answer = resolve)));
    handler.message(message);
    handler.message(message);
    handler.finish(message);
    handler.finish(message);
    assert.deepEqual(events, ["paused", "sent", "ended"]);
    answer(message);
    await new Promise(setImmediate);
    handler.message(message);
    assert.deepEqual(events, ["paused", "sent", "ended"]);
    handler.closed();
    assert.deepEqual(events, ["paused", "sent", "ended", "told"]);
  });

  it("lets no more come while a message waits for another's reply", async () => {
    let answer: (bytes: Uint8Array) => void = () => {};
    const { events, handler } = streamWith(() => new Promise((resolve) => (answer = resolve)));
    handler.message(message);
    assert.deepEqual(events, []);
    handler.message(message);
    assert.deepEqual(events, ["paused"]);
    answer(message);
    await new Promise(setImmediate);
    assert.deepEqual(events, ["paused", "sent", "resumed"]);
  });

  it("ends with the reply that its role calls the last, and hears nothing more", () => {
    const { events, role, handler } = streamWith(() => message);
    role.last = true;
    handler.message(message);
    handler.message(message);
    assert.deepEqual(events, ["sent", "ended"]);
  });

  it("sends nothing for a message that needs no reply", () => {
    const { events, handler } = streamWith(() => undefined);
    handler.message(message);
    handler.message(message);
    assert.deepEqual(events, []);
  });
});
