import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventStreamCodec } from "@smithy/core/event-streams";
import {
  EventStreamDecoder,
  encodeEventStreamMessage,
  eventStreamMessageBytesMax,
} from "../../../src/core/event-stream.ts";
import { eventValuesMax } from "../../../src/core/json-values.ts";

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString(),
  (text) => Buffer.from(text),
);

/** A message as AWS's own codec writes it, with a header of every type. */
function foreign(payload: string): Buffer {
  return Buffer.from(
    codec.encode({
      headers: {
        ":event-type": { type: "string", value: "größe" },
        yes: { type: "boolean", value: true },
        no: { type: "boolean", value: false },
        byte: { type: "byte", value: -1 },
        short: { type: "short", value: -2 },
        integer: { type: "integer", value: -3 },
        binary: { type: "binary", value: Buffer.from([1, 2, 3]) },
        time: { type: "timestamp", value: new Date(0) },
        id: { type: "uuid", value: "01234567-89ab-cdef-0123-456789abcdef" },
        ":message-type": { type: "string", value: "event" },
      },
      body: Buffer.from(payload),
    }),
  );
}

function decode(...pieces: Buffer[]) {
  const decoder = new EventStreamDecoder();
  const found: { headers: Record<string, string>; payload: string }[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    for (let message = decoder.next(); message !== undefined; message = decoder.next())
      found.push({ headers: Object.fromEntries(message.headers), payload: message.payload.toString() });
  }
  return { found, cut: decoder.cut };
}

describe("EventStreamDecoder", () => {
  it("reads what AWS's codec writes, wherever it is cut", () => {
    const bytes = Buffer.concat([foreign("one"), foreign("")]);
    const headers = { ":event-type": "größe", ":message-type": "event" };
    const expected = {
      found: [
        { headers, payload: "one" },
        { headers, payload: "" },
      ],
      cut: false,
    };
    for (let at = 0; at <= bytes.length; at += 1)
      assert.deepEqual(decode(bytes.subarray(0, at), bytes.subarray(at)), expected, `cut at ${at}`);
  });

  it("notices every damaged byte", () => {
    const whole = foreign("payload");
    for (let at = 0; at < whole.length; at += 1) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] as number) ^ 0x40;
      assert.throws(() => decode(damaged), { code: "upstream_invalid" }, `byte ${at}`);
    }
  });

  it("takes 40 MB of small messages in one piece, behind the beginning of another", () => {
    const message = foreign("x".repeat(1_100));
    const stream = Buffer.alloc(message.length * 30_000, message);
    const decoder = new EventStreamDecoder();
    let found = 0;
    for (const piece of [stream.subarray(0, 500), stream.subarray(500)]) {
      decoder.push(piece);
      while (decoder.next() !== undefined) found += 1;
    }
    assert.equal(found, 30_000);
  });

  it("tells that a message was cut", () => {
    const { found, cut } = decode(foreign("payload").subarray(0, -1));
    assert.deepEqual([found.length, cut], [0, true]);
  });

  it("refuses a message of more values than are parsed in a few milliseconds", () => {
    assert.equal(decode(foreign(`[${"0,".repeat(eventValuesMax - 10)}0]`)).found.length, 1);
    assert.throws(() => decode(foreign(`[${"0,".repeat(eventValuesMax)}0]`)), { code: "upstream_invalid" });
  });

  it("refuses lengths that no message has, before waiting for them", () => {
    for (const length of [0, 15, eventStreamMessageBytesMax + 1, 0xffff_ffff]) {
      const whole = foreign("x");
      whole.writeUInt32BE(length, 0);
      assert.throws(() => decode(whole.subarray(0, 12)), { code: "upstream_invalid" });
    }
  });
});

describe("encodeEventStreamMessage()", () => {
  it("writes what AWS's codec reads", () => {
    const bytes = encodeEventStreamMessage(
      [
        [":message-type", "exception"],
        ["a", "größe"],
      ],
      Buffer.from("{}"),
    );
    const { headers, body } = codec.decode(bytes);
    assert.deepEqual(headers, {
      ":message-type": { type: "string", value: "exception" },
      a: { type: "string", value: "größe" },
    });
    assert.equal(Buffer.from(body).toString(), "{}");
  });
});
