import { clientPreface, flag, frameType } from "../../../src/edge/http2/frame.ts";
import { callBlock, clientStart, frame, grpcMessage, stringLiteral, uint32 } from "./h2-frames.ts";

/** How one hostile connection behaves: what it says first, and then again and again. */
export interface Attack {
  readonly start: Buffer;
  /** The next piece; stream numbers may grow with `round`. Undefined: nothing more is said. */
  readonly next: (round: number) => Buffer | undefined;
  /** Connections held at once. */
  readonly connections: number;
  /** Never reads what is answered. */
  readonly deaf?: boolean;
  /** The error code that must end each connection; undefined when the attack costs too little to be ended at once. */
  readonly endsWith?: number;
}

const path = "/test.Echo/Echo";
const enhanceYourCalm = 11;
const piece = 500;

const headers = (id: number, block: Buffer = callBlock(path)) =>
  frame(frameType.headers, flag.endHeaders, id, block);
const repeat = (make: (index: number) => Buffer) =>
  Buffer.concat(Array.from({ length: piece }, (_, index) => make(index)));
const constant = (bytes: Buffer) => () => bytes;
/** The number of the stream that is `index` into piece `round`. */
const streamId = (round: number, index: number) => 2 * (round * piece + index) + 1;

/** Floods that HTTP/2 servers have fallen to, by name. */
export const attacks: Readonly<Record<string, Attack>> = {
  "rapid reset": {
    start: clientStart,
    next: (round) =>
      repeat((index) =>
        Buffer.concat([
          headers(streamId(round, index)),
          frame(frameType.rstStream, 0, streamId(round, index), uint32(8)),
        ]),
      ),
    connections: 1,
    endsWith: enhanceYourCalm,
  },
  "made you reset": {
    start: clientStart,
    next: (round) =>
      repeat((index) =>
        Buffer.concat([
          headers(streamId(round, index)),
          frame(frameType.windowUpdate, 0, streamId(round, index), uint32(0)),
        ]),
      ),
    connections: 1,
    endsWith: enhanceYourCalm,
  },
  "stream count": {
    start: clientStart,
    next: (round) => repeat((index) => headers(streamId(round, index))),
    connections: 1,
    endsWith: enhanceYourCalm,
  },
  CONTINUATION: {
    start: Buffer.concat([clientStart, frame(frameType.headers, 0, 1)]),
    next: constant(repeat(() => frame(frameType.continuation, 0, 1))),
    connections: 1,
    endsWith: enhanceYourCalm,
  },
  SETTINGS: {
    start: clientStart,
    next: constant(repeat(() => frame(frameType.settings, 0, 0))),
    connections: 1,
    endsWith: enhanceYourCalm,
  },
  PING: {
    start: clientStart,
    next: constant(repeat(() => frame(frameType.ping, 0, 0, Buffer.alloc(8)))),
    connections: 1,
    endsWith: enhanceYourCalm,
  },
  "empty DATA": {
    start: Buffer.concat([clientStart, headers(1)]),
    next: constant(repeat(() => frame(frameType.data, 0, 1))),
    connections: 1,
    endsWith: enhanceYourCalm,
  },
  WINDOW_UPDATE: {
    start: clientStart,
    next: constant(repeat(() => frame(frameType.windowUpdate, 0, 0, uint32(1)))),
    connections: 1,
    endsWith: enhanceYourCalm,
  },
  PRIORITY: {
    start: clientStart,
    next: constant(repeat(() => frame(frameType.priority, 0, 1, Buffer.alloc(5)))),
    connections: 1,
    endsWith: enhanceYourCalm,
  },
  // One field of 4,000 bytes enters the dynamic table; every later request names it thousands of times, a byte each.
  "header list": {
    start: Buffer.concat([
      clientStart,
      headers(
        1,
        Buffer.concat([callBlock(path), Buffer.from([0x40, 1, 0x61]), stringLiteral("b".repeat(4_000))]),
      ),
    ]),
    next: (round) =>
      Buffer.concat(
        Array.from({ length: 4 }, (_, index) =>
          headers(2 * (round * 4 + index) + 3, Buffer.concat([callBlock(path), Buffer.alloc(10_000, 0xbe)])),
        ),
      ),
    connections: 1,
  },
  // Answers let go a byte at a time: each byte asked for costs us a frame.
  "tiny windows": {
    start: Buffer.concat([
      clientPreface,
      frame(frameType.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0])),
      headers(1),
      ...Array.from({ length: 4 }, () => frame(frameType.data, 0, 1, grpcMessage(Buffer.alloc(16_000)))),
    ]),
    next: constant(repeat(() => frame(frameType.windowUpdate, 0, 1, uint32(1)))),
    connections: 1,
  },
  "slow reader": {
    start: Buffer.concat([clientStart, frame(frameType.windowUpdate, 0, 0, uint32(0x7fff_0000)), headers(1)]),
    // As much as our window takes, which is not given back while the answers wait.
    next: (round) =>
      round < 1_000 ? frame(frameType.data, 0, 1, grpcMessage(Buffer.alloc(16_000))) : undefined,
    connections: 4,
    deaf: true,
  },
  "slow writer": {
    start: clientStart,
    next: (round) =>
      round > 20
        ? undefined
        : repeat((index) =>
            Buffer.concat([
              headers(streamId(round, index)),
              frame(
                frameType.data,
                0,
                streamId(round, index),
                Buffer.concat([Buffer.from([0]), uint32(60 << 20), Buffer.from("x")]),
              ),
            ]),
          ),
    connections: 2,
  },
  "half-open connections": {
    start: Buffer.from("PRI * HTTP/2.0\r\n"),
    next: () => undefined,
    connections: 1_500,
  },
};
