import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventValuesMax } from "../../../src/core/json-values.ts";
import { SseDecoder, sseEventBytesMax } from "../../../src/core/sse.ts";
import { growth } from "../../support/measure/growth.ts";

function events(
  pieces: readonly string[],
): (readonly [name: string, data: string | undefined, bytes: string])[] {
  const decoder = new SseDecoder();
  const found: [string, string | undefined, string][] = [];
  pieces.forEach((piece, index) => {
    decoder.push(Buffer.from(piece), index === pieces.length - 1);
    for (let event = decoder.next(); event !== undefined; event = decoder.next())
      found.push([event.name, event.data, event.bytes.toString()]);
  });
  return found;
}

describe("SseDecoder", () => {
  it("keeps the bytes of every event, blank line included", () => {
    const text = ":hello\n\nevent: a\nid: 1\ndata: 1\n\ndata:2\ndata: 3\n\n";
    const found = events([text]);
    assert.deepEqual(
      found.map(([name, data]) => [name, data]),
      [
        ["", undefined],
        ["a", "1"],
        ["", "2\n3"],
      ],
    );
    assert.equal(found.map(([, , bytes]) => bytes).join(""), text);
  });

  for (const [name, lineBreak] of [
    ["LF", "\n"],
    ["CR", "\r"],
    ["CRLF", "\r\n"],
  ] as const)
    it(`reads lines that end in ${name}, wherever they are cut`, () => {
      const text = ["event: a", "data: x", "", "data: y", "data: z", "", ""].join(lineBreak);
      const whole = events([text]);
      assert.deepEqual(
        whole.map(([, data]) => data),
        ["x", "y\nz"],
      );
      for (let at = 1; at < text.length; at += 1)
        assert.deepEqual(events([text.slice(0, at), text.slice(at)]), whole, `cut at ${at}`);
    });

  it("reads fields as the HTML standard does", () => {
    const data = (line: string) => events([`${line}\n\n`])[0]?.[1];
    assert.equal(data("data: a"), "a");
    assert.equal(data("data:  a"), " a");
    assert.equal(data("data"), "");
    assert.equal(data("data:"), "");
    assert.equal(data("dataset: a"), undefined);
    assert.equal(data("da"), undefined);
    assert.equal(data("\ufeffdata: a"), "a");
  });

  it("takes what is left at the end for an event", () => {
    assert.deepEqual(
      events(["data: a\n\ndata: [DONE]"]).map(([, data]) => data),
      ["a", "[DONE]"],
    );
  });

  it("says where one line of data stands", () => {
    const decoder = new SseDecoder();
    decoder.push(Buffer.from("data: {}\n\ndata: a\ndata: b\n\n"), true);
    const event = decoder.next();
    assert.equal(event?.bytes.toString("utf8", event.dataStart, event.dataEnd), "{}");
    assert.equal(decoder.next()?.dataStart, -1);
  });

  it("refuses to hold half an event for ever", () => {
    const decoder = new SseDecoder();
    const piece = Buffer.alloc(64 * 1024, "x");
    assert.throws(
      () => {
        for (let bytes = 0; bytes <= sseEventBytesMax; bytes += piece.length) {
          decoder.push(piece, false);
          assert.equal(decoder.next(), undefined);
        }
      },
      { code: "upstream_invalid" },
    );
  });

  for (const pieceBytes of [20 << 20, 7 << 20, 100_000])
    it(`takes 20 MB of events of 1.1 KB in pieces of ${pieceBytes} bytes, whatever was left of the piece before`, () => {
      const event = Buffer.from(`data: ${"x".repeat(1_100)}\n\n`);
      const stream = Buffer.alloc(event.length * 18_000, event);
      const decoder = new SseDecoder();
      let found = 0;
      const push = (piece: Buffer, end: boolean): void => {
        decoder.push(piece, end);
        while (decoder.next() !== undefined) found += 1;
      };
      push(stream.subarray(0, 500), false);
      for (let at = 500; at < stream.length; at += pieceBytes)
        push(stream.subarray(at, at + pieceBytes), at + pieceBytes >= stream.length);
      assert.equal(found, 18_000);
    });

  for (const pieces of [1, 3])
    it(`holds one event to its bound, in ${pieces} pieces`, () => {
      const take = (bytes: number): number => {
        const event = Buffer.alloc(bytes, "x");
        event.write("\n\n", bytes - 2);
        const decoder = new SseDecoder();
        const length = Math.ceil(bytes / pieces);
        let taken = 0;
        for (let at = 0; at < bytes; at += length) {
          decoder.push(event.subarray(at, at + length), false);
          taken += decoder.next()?.bytes.length ?? 0;
        }
        return taken;
      };
      assert.equal(take(sseEventBytesMax), sseEventBytesMax);
      assert.throws(() => take(sseEventBytesMax + 1), { code: "upstream_invalid" });
    });

  it("refuses an event of more values than are parsed in a few milliseconds, before it is whole", () => {
    const decoder = new SseDecoder();
    decoder.push(Buffer.from("data: ["), false);
    assert.throws(
      () => {
        for (let values = 0; values <= 2 * eventValuesMax; values += 1_000) {
          decoder.push(Buffer.from("[],".repeat(1_000)), false);
          assert.equal(decoder.next(), undefined);
        }
      },
      { code: "upstream_invalid", message: /values/ },
    );
  });

  it("takes one large event after the other, each counted by itself", () => {
    const event = `data: [${"0,".repeat(eventValuesMax - 10)}0]\n\n`;
    assert.equal(events([event, event, event]).length, 3);
  });

  for (const lineBreak of ["\n", "\r", "\r\n"])
    it(`takes a flood of ${JSON.stringify(lineBreak)} for few events`, () => {
      const flood = lineBreak.repeat(10_000);
      const found = events([`data: a${flood}data: b${lineBreak}${lineBreak}`]);
      assert.deepEqual(
        found.filter(([, data]) => data !== undefined).map(([, data]) => data),
        ["a", "b"],
      );
      assert.ok(found.length < 10, `${found.length} events`);
    });

  it("searches no byte of a long event twice", () => {
    const piece = Buffer.alloc(1024, "x");
    const push = (pieces: number) => () => {
      const decoder = new SseDecoder();
      for (let i = 0; i < pieces; i += 1) {
        decoder.push(piece, false);
        decoder.next();
      }
    };
    const grown = growth(push(8_000), push(500), 16, 4);
    assert.ok(grown <= 4, `16 times as much took ${16 * grown} times as long`);
  });
});
