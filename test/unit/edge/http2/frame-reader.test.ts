import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { clientPreface, errorCode, flag, frameType } from "../../../../src/edge/http2/frame.ts";
import { FrameReader } from "../../../../src/edge/http2/frame-reader.ts";
import { frame, uint32 } from "../../../support/edge/h2-frames.ts";

/** Reads the chunks and tells what was heard; pieces of one DATA frame are joined. */
function read(chunks: readonly Buffer[]) {
  const heard: string[] = [];
  let data = "";
  const reader = new FrameReader({
    dataBegin(id, flow, content, end) {
      data = `DATA ${id} flow=${flow} content=${content}${end ? " end" : ""} `;
      return undefined;
    },
    dataPiece(chunk, start, end) {
      data += chunk.toString("latin1", start, end);
    },
    dataEnd: () => void heard.push(data),
    frame(type, flags, id, bytes, start, end) {
      heard.push(`${type} ${flags} ${id} ${bytes.toString("hex", start, end)}`);
      return undefined;
    },
  });
  reader.workLeft = Number.POSITIVE_INFINITY;
  for (const chunk of chunks) {
    const stopped = reader.read(chunk);
    if (typeof stopped !== "number") return { heard, code: stopped.code };
    assert.equal(stopped, chunk.length);
  }
  return { heard, code: undefined };
}

const conversation = Buffer.concat([
  clientPreface,
  frame(frameType.settings, 0, 0),
  frame(frameType.headers, flag.endHeaders, 1, Buffer.from("828684", "hex")),
  frame(frameType.data, 0, 1, Buffer.from("hello")),
  frame(frameType.data, flag.padded, 1, Buffer.from("\x03padded\0\0\0", "latin1")),
  frame(frameType.data, flag.padded | flag.endStream, 1, Buffer.from("\x02\0\0", "latin1")),
  frame(frameType.data, flag.endStream, 3),
  frame(0xfa, 7, 9, Buffer.from("??")),
  frame(frameType.windowUpdate, 0, 0x7fff_ffff, uint32(1)),
]);
const heard = [
  "4 0 0 ",
  "1 4 1 828684",
  "DATA 1 flow=5 content=5 hello",
  "DATA 1 flow=10 content=6 padded",
  "DATA 1 flow=3 content=0 end ",
  "DATA 3 flow=0 content=0 end ",
  "250 7 9 3f3f",
  `8 0 ${0x7fff_ffff} 00000001`,
];

describe("FrameReader", () => {
  it("hears every frame of a conversation", () => {
    assert.deepEqual(read([conversation]), { heard, code: undefined });
  });

  it("hears the same wherever the bytes are cut in two", () => {
    for (let cut = 0; cut <= conversation.length; cut++)
      assert.deepEqual(
        read([conversation.subarray(0, cut), conversation.subarray(cut)]).heard,
        heard,
        `cut at ${cut}`,
      );
  });

  it("hears the same byte by byte", () => {
    assert.deepEqual(read(Array.from(conversation, (byte) => Buffer.from([byte]))).heard, heard);
  });

  const preface = clientPreface;
  const refused: [string, Buffer, number][] = [
    ["another protocol", Buffer.from("GET / HTTP/1.1\r\n"), errorCode.protocolError],
    [
      "a preface with a wrong last byte",
      Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r!"),
      errorCode.protocolError,
    ],
    [
      "a frame longer than allowed",
      Buffer.concat([preface, Buffer.from("004001000000000001", "hex")]),
      errorCode.frameSizeError,
    ],
    [
      "padding as long as its frame",
      Buffer.concat([preface, frame(0, flag.padded, 1, Buffer.from([3, 0, 0]))]),
      errorCode.protocolError,
    ],
    [
      "a padded frame without room for its padding's length",
      Buffer.concat([preface, frame(0, flag.padded, 1)]),
      errorCode.protocolError,
    ],
  ];
  for (const [what, bytes, code] of refused)
    it(`refuses ${what}, however it is cut`, () => {
      assert.equal(read([bytes]).code, code);
      assert.equal(read(Array.from(bytes, (byte) => Buffer.from([byte]))).code, code);
    });
});
