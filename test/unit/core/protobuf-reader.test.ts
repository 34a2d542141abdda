import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProtobufReader } from "../../../src/core/protobuf-reader.ts";

const reader = (...bytes: number[]) => new ProtobufReader(Buffer.from(bytes));
const refusal = { name: "GatewayError", code: "internal", message: /^malformed protobuf message: / };

describe("ProtobufReader", () => {
  it("reads varints of one to ten bytes, exact up to 2^53", () => {
    assert.equal(reader(0x00).varint(), 0);
    assert.equal(reader(0x7f).varint(), 127);
    assert.equal(reader(0x80, 0x01).varint(), 128);
    assert.equal(reader(0xff, 0xff, 0xff, 0xff, 0x0f).varint(), 2 ** 32 - 1);
    assert.equal(reader(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f).varint(), Number.MAX_SAFE_INTEGER);
    assert.equal(reader(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01).varint(), 2 ** 64);
  });

  for (const [what, bytes] of [
    ["nothing at all", []],
    ["one that is cut short", [0x80, 0x80]],
    ["one of eleven bytes", [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
  ] as const) {
    it(`refuses as a varint ${what}`, () => assert.throws(() => reader(...bytes).varint(), refusal));
  }

  for (const [what, bytes] of [
    ["field number 0", [0x02]],
    ["a field number above 2^29", [0x80, 0x80, 0x80, 0x80, 0x10]],
  ] as const) {
    it(`refuses as a tag ${what}`, () => assert.throws(() => reader(...bytes).tag(), refusal));
  }

  it("skips every wire type of proto3", () => {
    const message = reader(
      0x08,
      0x96,
      0x01,
      0x09,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0x0a,
      0x01,
      0xff,
      0x0d,
      0,
      0,
      0,
      0,
    );
    let fields = 0;
    while (message.more()) {
      message.skip(message.tag());
      fields += 1;
    }
    assert.equal(fields, 4);
  });

  it("refuses groups, which nest, and wire types that do not exist", () => {
    for (const tag of [0x0b, 0x0c, 0x0e, 0x0f])
      assert.throws(() => {
        const message = reader(tag, 0x00);
        message.skip(message.tag());
      }, refusal);
  });

  it("refuses lengths that reach beyond the message it is in, even if the buffer goes on", () => {
    const bytes = Buffer.from([0x03, 0x0a, 0x02, 0x41, 0x42, 0x43]);
    for (const read of ["view", "utf8", "enter"] as const) {
      const message = new ProtobufReader(bytes);
      message.enter();
      message.tag();
      assert.throws(() => message[read](), refusal);
    }
    assert.throws(() => reader(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01).view(), refusal);
    assert.throws(() => reader(0x00, 0x00).double(), refusal);
    assert.throws(() => reader(0x05, 0x41).equals("A"), refusal);
  });

  it("leaves a message at its end, wherever in it the cursor was", () => {
    const message = reader(0x03, 0x0a, 0x01, 0x41, 0x08, 0x01);
    const outer = message.enter();
    message.tag();
    message.leave(outer);
    assert.equal(message.tag(), 0x08);
    assert.equal(message.bool(), true);
    assert.equal(message.more(), false);
  });
});
