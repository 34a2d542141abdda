import assert from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { frameType } from "../../../../src/edge/http2/frame.ts";
import { FrameReader } from "../../../../src/edge/http2/frame-reader.ts";
import { HpackDecoder } from "../../../../src/edge/http2/hpack-decoder.ts";
import type { HeaderField } from "../../../../src/edge/http2/hpack-table.ts";
import { decodeHuffman } from "../../../../src/edge/http2/huffman.ts";
import { frame } from "../../../support/edge/h2-frames.ts";

describe("decodeHuffman()", () => {
  it("decodes codes of 5 to 28 bits and refuses a string cut before its last code's end", () => {
    // 'a' (5 bits), '~' (13), 0x80 (20), 0x7f (28), then padding.
    const bits = `00011${"1111111111101"}${"11111111111111100110"}${"1111111111111111111111111100"}`;
    const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1");
    const bytes = Buffer.from(padded.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
    const target = Buffer.alloc(32);
    const written = decodeHuffman(bytes, 0, bytes.length, target);
    assert.deepEqual([...target.subarray(0, written)], [0x61, 0x7e, 0x80, 0x7f]);
    assert.equal(decodeHuffman(bytes, 0, bytes.length - 1, target), -1);
  });

  it("reads what another implementation's encoder writes, for every printable character", async () => {
    const values = [
      "",
      "~",
      "!\"#$%&'()*+,-./0123456789:;<=>?@",
      "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`",
      "abcdefghijklmnopqrstuvwxyz{|}",
    ];
    const seen = await headersFromNode(
      Object.fromEntries(values.map((value, index) => [`x-${index}`, value])),
    );
    for (const [index, value] of values.entries()) assert.equal(seen.get(`x-${index}`), value);
  });
});

/** Sends a request through Node's own HTTP/2 client and decodes its HEADERS with ours. */
async function headersFromNode(headers: Readonly<Record<string, string>>): Promise<Map<string, string>> {
  const seen = new Map<string, string>();
  const done = deferred();
  const hpack = new HpackDecoder();
  const server = createServer((socket) => {
    const reader = new FrameReader({
      dataBegin: () => undefined,
      dataPiece() {},
      dataEnd() {},
      frame(type, _flags, _id, bytes, start, end) {
        if (type !== frameType.headers) return undefined;
        const sink = { wantsMore: true, add: ({ name, value }: HeaderField) => void seen.set(name, value) };
        assert.ok(hpack.decode(bytes, start, end, sink));
        done.resolve();
        return undefined;
      },
    });
    reader.workLeft = Number.POSITIVE_INFINITY;
    socket.on("data", (chunk) => assert.equal(reader.read(chunk), chunk.length));
    socket.on("error", () => undefined);
    socket.write(frame(frameType.settings, 0, 0));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const session = http2.connect(`http://127.0.0.1:${address.port}`);
  session.on("error", () => undefined);
  session.request({ ":path": "/", ...headers }).on("error", () => undefined);
  await done.promise;
  session.destroy();
  server.close();
  return seen;
}

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
