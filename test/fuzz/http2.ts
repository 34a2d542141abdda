import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { Connection } from "../../src/edge/http2/connection.ts";
import { clientPreface, flag, frameType } from "../../src/edge/http2/frame.ts";
import { HeldMemory } from "../../src/edge/http2/held-memory.ts";
import { type HeaderSink, HpackDecoder } from "../../src/edge/http2/hpack-decoder.ts";
import type { HeaderField } from "../../src/edge/http2/hpack-table.ts";
import { http2Limits } from "../../src/edge/http2/limits.ts";
import { SpareMemory } from "../../src/edge/http2/spare-memory.ts";
import { Random } from "../support/core/random.ts";
import { callBlock, clientStart, frame, grpcMessage, uint32 } from "../support/edge/h2-frames.ts";

/** A run of the fuzzers: the same seed gives the same inputs. */
export interface FuzzOptions {
  readonly seed: number;
  readonly runs: number;
}

/** Plays mutated conversations to connections and checks what must hold whatever is sent. */
export function fuzzFrames({ seed, runs }: FuzzOptions): void {
  const random = new Random(seed);
  for (let run = 0; run < runs; run++) {
    const wire = Buffer.concat([clientPreface, ...mutated(conversation(random), random)]);
    const socket = new MemorySocket();
    let open = 0;
    const method = {
      path: "/fuzz.Fuzz/Call",
      open(stream: { send(message: Uint8Array): void; end(): void }) {
        open += 1;
        let closed = false;
        return {
          message(bytes: Buffer) {
            assert.ok(!closed, "message after closed");
            stream.send(Buffer.from(bytes));
            if (bytes.length === 3) stream.end();
          },
          halfClosed: () => stream.end(),
          closed() {
            assert.ok(!closed, "closed twice");
            closed = true;
            open -= 1;
          },
        };
      },
    };
    const connection = new Connection(socket as unknown as Socket, {
      methods: new Map([[method.path, method]]),
      maxMessageBytes: 10_000,
      limits: http2Limits,
      memory: new HeldMemory(http2Limits.heldBytes, []),
      spare: new SpareMemory(http2Limits.spareBytes),
    });
    for (let at = 0; at < wire.length; ) {
      const end = at + 1 + random.below(400);
      const bytes = Buffer.from(wire.subarray(at, end));
      connection.read(bytes);
      // As if the next read came into the same memory.
      bytes.fill(0xdb);
      at = end;
      if (random.below(20) === 0) connection.tick();
    }
    assert.ok(socket.written < wire.length * 50 + 10_000, `wrote ${socket.written} bytes for ${wire.length}`);
    connection.destroy();
    assert.equal(open, 0, `seed ${seed}, run ${run}: calls never closed`);
  }
}

class FieldList implements HeaderSink {
  readonly list: string[] = [];
  readonly wantsMore: boolean;

  constructor(wantsMore: boolean) {
    this.wantsMore = wantsMore;
  }

  add({ name, value }: HeaderField): void {
    assert.equal(typeof value, "string");
    this.list.push(`${name}: ${value}`);
  }
}

/** Decodes random blocks, mostly of the bytes that mean something; a decoder that nobody asks for half of them stays in step. */
export function fuzzHpack({ seed, runs }: FuzzOptions): void {
  const random = new Random(seed);
  let [decoder, careless] = [new HpackDecoder(), new HpackDecoder()];
  const meaningful = Buffer.from([
    0x00, 0x0f, 0x10, 0x1f, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0x82, 0xbe, 0xff, 0x61,
  ]);
  for (let run = 0; run < runs; run++) {
    const block = Buffer.alloc(1 + random.below(60));
    for (let at = 0; at < block.length; at++)
      block[at] = random.below(3) === 0 ? random.below(256) : meaningful[random.below(meaningful.length)]!;
    const fields = new FieldList(true);
    const some = new FieldList(random.below(2) === 0);
    const ok = decoder.decode(block, 0, block.length, fields);
    const carelessOk = careless.decode(block, 0, block.length, some);
    assert.ok(fields.list.length <= block.length);
    if (!ok) [decoder, careless] = [new HpackDecoder(), new HpackDecoder()];
    else {
      assert.ok(carelessOk);
      assert.deepEqual(some.list, some.wantsMore ? fields.list : []);
    }
  }
}

/** Frames of a plausible client. */
function conversation(random: Random): Buffer[] {
  const frames = [clientStart.subarray(clientPreface.length)];
  let opened = 0;
  for (let step = 0; step < 5 + random.below(40); step++) {
    const id = 1 + 2 * random.below(opened + 1);
    switch (random.below(9)) {
      case 0:
      case 1:
        frames.push(
          frame(
            frameType.headers,
            flag.endHeaders | random.below(2),
            1 + 2 * opened++,
            callBlock("/fuzz.Fuzz/Call"),
          ),
        );
        break;
      case 2:
      case 3:
        frames.push(
          frame(frameType.data, random.below(2), id, grpcMessage(Buffer.alloc(random.below(2_000), 7))),
        );
        break;
      case 4:
        frames.push(
          frame(
            frameType.data,
            flag.padded,
            id,
            Buffer.concat([Buffer.from([2]), grpcMessage(Buffer.alloc(3)), Buffer.alloc(2)]),
          ),
        );
        break;
      case 5:
        frames.push(
          frame(frameType.windowUpdate, 0, random.below(2) * id, uint32(1 + random.below(1 << 20))),
        );
        break;
      case 6:
        frames.push(frame(frameType.rstStream, 0, id, uint32(8)));
        break;
      case 7:
        frames.push(
          frame(
            frameType.settings,
            0,
            0,
            Buffer.concat([Buffer.from([0, 4]), uint32(random.below(100_000))]),
          ),
        );
        break;
      default:
        frames.push(
          frame(frameType.headers, 0, 1 + 2 * opened, callBlock("/fuzz.Fuzz/Call").subarray(0, 10)),
          frame(
            frameType.continuation,
            flag.endHeaders,
            1 + 2 * opened++,
            callBlock("/fuzz.Fuzz/Call").subarray(10),
          ),
        );
    }
  }
  return frames;
}

/** Flips, cuts, doubles, drops and swaps; one conversation in four stays as it is. */
function mutated(frames: readonly Buffer[], random: Random): Buffer[] {
  if (random.below(4) === 0) return [...frames];
  return frames.flatMap((each, index) => {
    const copy = Buffer.from(each);
    switch (random.below(24)) {
      case 0:
        copy[random.below(copy.length)] = random.below(256);
        return [copy];
      case 1:
        copy[random.below(9)] = random.below(256);
        return [copy];
      case 2:
        return [copy.subarray(0, random.below(copy.length))];
      case 3:
        return [copy, copy];
      case 4:
        return index === 0 ? [copy] : [];
      default:
        return [copy];
    }
  });
}

/** As much of a socket as a connection uses; takes everything at once. */
class MemorySocket extends EventEmitter {
  writableLength = 0;
  writableNeedDrain = false;
  writable = true;
  written = 0;

  write(bytes: Uint8Array): void {
    this.written += bytes.length;
  }

  end(): void {
    this.writable = false;
  }

  destroy(): void {
    this.writable = false;
  }

  pause(): void {}
  resume(): void {}
}
