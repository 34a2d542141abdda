import { flag, frameType } from "../../../src/edge/http2/frame.ts";
import { callBlock, frame, uint32 } from "./h2-frames.ts";

/** Frames of each, above every burst of a test that allows few. */
const framesEach = 40;

/** The known floods of HTTP/2 in a few frames each, by name; `path` is the method that is called. */
export function briefFloods(path: string): Readonly<Record<string, Buffer>> {
  const headers = (id: number, extra: readonly (readonly [string, string])[] = []) =>
    frame(frameType.headers, flag.endHeaders, id, callBlock(path, extra));
  const data = (id: number, payload: Uint8Array, flags = 0) => frame(frameType.data, flags, id, payload);
  const windowUpdate = (id: number, bytes: number) => frame(frameType.windowUpdate, 0, id, uint32(bytes));
  const many = (make: (index: number) => Buffer) =>
    Buffer.concat(Array.from({ length: framesEach }, (_, index) => make(index)));
  return {
    "rapid reset": many((index) =>
      Buffer.concat([headers(index * 2 + 1), frame(frameType.rstStream, 0, index * 2 + 1, uint32(8))]),
    ),
    "streams that make us reset them": many((index) =>
      Buffer.concat([headers(index * 2 + 1), windowUpdate(index * 2 + 1, 0)]),
    ),
    "streams whose content-length lies": many((index) =>
      Buffer.concat([
        headers(index * 2 + 1, [["content-length", "2"]]),
        data(index * 2 + 1, Buffer.alloc(1), flag.endStream),
      ]),
    ),
    "streams beyond the number allowed": many((index) => headers(index * 2 + 1)),
    PING: many(() => frame(frameType.ping, 0, 0, Buffer.alloc(8))),
    SETTINGS: many(() => frame(frameType.settings, 0, 0)),
    "SETTINGS acknowledgements": many(() => frame(frameType.settings, flag.ack, 0)),
    "empty DATA": Buffer.concat([headers(1), many(() => data(1, Buffer.alloc(0)))]),
    "DATA of padding alone": Buffer.concat([
      headers(1),
      many(() => data(1, Buffer.from([1, 0]), flag.padded)),
    ]),
    WINDOW_UPDATE: many(() => windowUpdate(0, 1)),
    PRIORITY: many((index) => frame(frameType.priority, 0, index * 2 + 1, Buffer.alloc(5))),
    "unknown frames": many(() => frame(0xfa, 0, 0, Buffer.alloc(3))),
    GOAWAY: many(() => frame(frameType.goaway, 0, 0, Buffer.alloc(8))),
    "RST_STREAM of closed streams": Buffer.concat([
      headers(1),
      many(() => frame(frameType.rstStream, 0, 1, uint32(8))),
    ]),
    CONTINUATION: Buffer.concat([
      frame(frameType.headers, 0, 1),
      many(() => frame(frameType.continuation, 0, 1)),
    ]),
    "a header block without end": Buffer.concat([
      frame(frameType.headers, 0, 1, Buffer.alloc(16_000)),
      frame(frameType.continuation, 0, 1, Buffer.alloc(16_000)),
    ]),
  };
}
