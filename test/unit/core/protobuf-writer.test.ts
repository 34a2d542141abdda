import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProtobufReader } from "../../../src/core/protobuf-reader.ts";
import { ProtobufWriter } from "../../../src/core/protobuf-writer.ts";

describe("ProtobufWriter", () => {
  it("writes the example of the encoding's own documentation", () => {
    const writer = new ProtobufWriter();
    writer.start();
    const inner = writer.mark();
    writer.varintField(1, 150);
    writer.messageField(3, inner);
    assert.deepEqual([...writer.finish()], [0x1a, 0x03, 0x08, 0x96, 0x01]);
  });

  it("writes what the reader reads, at every width of a varint", () => {
    const writer = new ProtobufWriter();
    for (let bits = 0; bits <= 32; bits += 1) {
      for (const value of [2 ** bits - 1, Math.min(2 ** bits, 2 ** 32 - 1)]) {
        writer.start();
        writer.varintField(7, value);
        const reader = new ProtobufReader(writer.finish());
        assert.equal(reader.tag(), 7 * 8);
        assert.equal(reader.varint(), value);
        assert.equal(reader.more(), false);
      }
    }
  });

  for (const value of [-1, 1.5, 2 ** 32, Number.NaN])
    it(`refuses ${value} as an unsigned integer`, () => {
      const writer = new ProtobufWriter();
      writer.start();
      assert.throws(() => writer.varintField(1, value), /assertion failed/);
    });

  it("keeps a message whole when its room runs out at any byte of it", () => {
    const writer = new ProtobufWriter();
    const text = "0123456789é";
    const messages: Buffer[] = [];
    for (let i = 0; i < 5000; i += 1) {
      writer.start();
      const inner = writer.mark();
      writer.doubleField(4, i);
      writer.bytesField(3, Buffer.alloc(i % 7, "x"));
      writer.latin1Field(2, "ÿ");
      writer.utf8Field(1, text);
      writer.messageField(1, inner);
      messages.push(writer.finish());
    }
    messages.forEach((message, i) => {
      const reader = new ProtobufReader(message);
      reader.tag();
      reader.enter();
      assert.deepEqual([reader.tag(), reader.utf8()], [0x0a, text]);
      assert.deepEqual([reader.tag(), reader.view()], [0x12, Buffer.from([0xff])]);
      assert.deepEqual([reader.tag(), reader.view().length], [0x1a, i % 7]);
      assert.deepEqual([reader.tag(), reader.double()], [0x21, i]);
      assert.equal(reader.more(), false);
    });
  });

  it("does not keep the memory of a large message for the small ones after it", () => {
    const writer = new ProtobufWriter();
    writer.start();
    writer.bytesField(1, Buffer.alloc(1_000_000));
    const large = writer.finish();
    writer.start();
    writer.varintField(1, 1);
    const small = writer.finish();
    assert.notEqual(small.buffer, large.buffer);
    assert.ok(small.buffer.byteLength < 100_000);
  });

  it("drops a message that was left unfinished", () => {
    const writer = new ProtobufWriter();
    writer.start();
    writer.varintField(1, 1);
    writer.start();
    writer.varintField(2, 2);
    assert.deepEqual([...writer.finish()], [0x10, 0x02]);
  });
});
