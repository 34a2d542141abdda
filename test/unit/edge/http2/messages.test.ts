import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { largeBytesMin } from "../../../../src/core/shared-bytes.ts";
import { defaultMaxMessageBytes } from "../../../../src/edge/edge.ts";
import { http2Limits } from "../../../../src/edge/http2/limits.ts";
import { MessageReader } from "../../../../src/edge/http2/messages.ts";
import { SpareMemory } from "../../../../src/edge/http2/spare-memory.ts";
import { Http2Stream } from "../../../../src/edge/http2/stream.ts";

const owner = { send() {}, finish() {}, returnWindow() {} };

/** Reads messages that come in pieces of 16 KB on one stream, and returns them as the service was given them. */
function read(messages: readonly Buffer[]): readonly Buffer[] {
  const reader = new MessageReader(defaultMaxMessageBytes, http2Limits, new SpareMemory(1 << 20));
  const stream = new Http2Stream(1, owner, 65_535);
  const given: Buffer[] = [];
  stream.handler = { message: (bytes) => void given.push(bytes), halfClosed() {}, closed() {} };
  reader.expect(stream);
  for (const message of messages) {
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(message.length, 1);
    const framed = Buffer.concat([prefix, message]);
    for (let at = 0; at < framed.length; at += 16_384) {
      const piece = framed.subarray(at, at + 16_384);
      assert.equal(reader.read(stream, piece, 0, piece.length), undefined);
    }
  }
  assert.equal(reader.incompleteBytes, 0);
  return given;
}

describe("MessageReader", () => {
  it("gives large messages away in memory of their own, which is never written to again", () => {
    const sent = [1, 2, 3].map((value) => Buffer.alloc(largeBytesMin * 3, value));
    const given = read(sent);
    for (const [index, message] of sent.entries()) {
      assert.ok(given[index]?.equals(message));
      assert.ok(given[index]?.buffer instanceof SharedArrayBuffer);
    }
  });

  it("gives no small message away in memory that claims to be the service's own", () => {
    for (const message of read([Buffer.alloc(100, 1), Buffer.alloc(largeBytesMin - 1, 2)]))
      assert.ok(!(message.buffer instanceof SharedArrayBuffer));
  });
});
