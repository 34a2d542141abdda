import { connect, type Socket } from "node:net";
import type { EdgeAddress } from "../../../src/edge/edge.ts";

/** What is sent on every stream: each message leaves once the one before is answered, as Envoy does it. */
export interface Exchange {
  readonly path: string;
  readonly messages: readonly Buffer[];
}

/** How an exchange is repeated. */
export interface LoadOptions {
  readonly connections: number;
  /** Streams kept open on each connection; with `streamsPerSecond` the most there may be. */
  readonly streams: number;
  /** Streams started per second over all connections, evenly; as many as possible if left out. */
  readonly streamsPerSecond?: number;
  /** How the client ends a stream after the last answer: `reset` is a half-close with RST_STREAM right behind, as Envoy's. */
  readonly ending: "half-close" | "reset";
  readonly warmUpMs: number;
  readonly runMs: number;
  /** Called when the measured part begins. */
  readonly onMeasure?: () => Promise<void>;
}

/** What came of it, without the warm-up. */
export interface LoadResult {
  readonly streams: number;
  readonly messages: number;
  /** Streams that ended otherwise than with all their answers. */
  readonly failed: number;
  readonly seconds: number;
  /** Of whole exchanges. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Sends one exchange over and over through HTTP/2 connections of its own, made of frames built beforehand:
 * cheap enough to saturate a server with the same CPU that the server has.
 */
export async function runLoad(
  address: EdgeAddress,
  exchange: Exchange,
  options: LoadOptions,
): Promise<LoadResult> {
  const totals: Totals = { streams: 0, messages: 0, failed: 0, latenciesMs: [] };
  const frames = buildFrames(exchange);
  const connections = Array.from(
    { length: options.connections },
    () => new LoadConnection(address, frames, options, totals),
  );
  await Promise.all(connections.map((connection) => connection.ready));
  const pacer = startPacer(connections, options.streamsPerSecond);
  await delay(options.warmUpMs);
  await options.onMeasure?.();
  Object.assign(totals, { streams: 0, messages: 0, failed: 0, latenciesMs: [] });
  const startMs = performance.now();
  await delay(options.runMs);
  const seconds = (performance.now() - startMs) / 1_000;
  const { streams, messages, failed, latenciesMs } = totals;
  clearInterval(pacer);
  for (const connection of connections) connection.close();
  latenciesMs.sort((a, b) => a - b);
  const at = (share: number) => latenciesMs[Math.floor(latenciesMs.length * share)] ?? Number.NaN;
  return { streams, messages, failed, seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

interface Totals {
  streams: number;
  messages: number;
  failed: number;
  latenciesMs: number[];
}

interface Frames {
  readonly preface: Buffer;
  /** HEADERS of the first stream, which fills the dynamic table, and of every other. */
  readonly firstHeaders: Buffer;
  readonly headers: Buffer;
  /** Where in both headers the eight digits stand that never repeat. */
  readonly serialFromEnd: number;
  /** gRPC messages with their prefix. */
  readonly messages: readonly Buffer[];
}

interface LoadStream {
  readonly id: number;
  readonly startMs: number;
  step: number;
  /** Bytes of the current message that are sent. */
  sent: number;
  window: number;
}

const maxFrameBytes = 16_384;
const latencySamples = 200_000;

class LoadConnection {
  readonly ready: Promise<void>;
  readonly #socket: Socket;
  readonly #frames: Frames;
  readonly #options: LoadOptions;
  readonly #totals: Totals;
  readonly #streams = new Map<number, LoadStream>();
  readonly #blocked = new Set<LoadStream>();
  #settled = () => {};
  #closing = false;
  #nextId = 1;
  #window = 65_535;
  #peerInitialWindow = 65_535;
  #received = 0;
  #rest: Buffer | undefined;
  #out = Buffer.allocUnsafeSlow(1 << 20);
  #used = 0;

  constructor(address: EdgeAddress, frames: Frames, options: LoadOptions, totals: Totals) {
    this.#frames = frames;
    this.#options = options;
    this.#totals = totals;
    this.ready = new Promise((resolve) => {
      this.#settled = resolve;
    });
    this.#socket = address.kind === "unix" ? connect(address.path) : connect(address.port, address.host);
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (chunk) => this.#read(chunk));
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => this.#lost());
    this.#socket.write(frames.preface);
  }

  /** Opens one more stream, if there is room. */
  start(): void {
    if (this.#streams.size >= this.#options.streams) return;
    this.#open();
    this.#flush();
  }

  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #lost(): void {
    this.#settled();
    if (this.#closing) return;
    this.#totals.failed += Math.max(1, this.#streams.size);
    this.#streams.clear();
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    let at = 0;
    while (bytes.length - at >= 9) {
      const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
      if (bytes.length - at < 9 + length) break;
      this.#frame(bytes[at + 3]!, bytes[at + 4]!, bytes.readUInt32BE(at + 5), bytes, at + 9, length);
      at += 9 + length;
    }
    if (at < bytes.length) this.#rest = bytes.subarray(at);
    if (this.#received > 1 << 29) {
      this.#control(8, 0, 0, this.#received);
      this.#received = 0;
    }
    this.#flush();
  }

  #frame(type: number, flags: number, id: number, bytes: Buffer, at: number, length: number): void {
    if (type === 0) {
      this.#received += length;
      this.#answered(id);
    } else if (type === 1) {
      if ((flags & 1) !== 0) this.#ended(id);
    } else if (type === 3 || type === 7) {
      if (type === 7 || bytes.readUInt32BE(at) !== 0) this.#totals.failed += 1;
      this.#streams.delete(id);
    } else if (type === 4) {
      if ((flags & 1) === 0) this.#settings(bytes, at, length);
    } else if (type === 6 && (flags & 1) === 0) {
      const ack = this.#begin(8, 6, 1, 0);
      bytes.copy(this.#out, ack, at, at + 8);
    } else if (type === 8) this.#widen(id, bytes.readUInt32BE(at));
  }

  #settings(bytes: Buffer, start: number, length: number): void {
    for (let at = start; at < start + length; at += 6) {
      if (bytes.readUInt16BE(at) !== 4) continue;
      const delta = bytes.readUInt32BE(at + 2) - this.#peerInitialWindow;
      this.#peerInitialWindow += delta;
      for (const stream of this.#streams.values()) stream.window += delta;
    }
    this.#begin(0, 4, 1, 0);
    // The connection's window follows in the same write as the SETTINGS; without pacing all streams start at once.
    if (this.#options.streamsPerSecond === undefined)
      while (this.#streams.size < this.#options.streams) this.#open();
    this.#settled();
  }

  #widen(id: number, bytes: number): void {
    if (id === 0) this.#window += bytes;
    const stream = this.#streams.get(id);
    if (stream !== undefined) stream.window += bytes;
    for (const blocked of [...this.#blocked]) {
      if (this.#window <= 0) return;
      this.#blocked.delete(blocked);
      this.#send(blocked);
    }
  }

  #open(): void {
    const { firstHeaders, headers, serialFromEnd } = this.#frames;
    const id = this.#nextId;
    this.#nextId += 2;
    const frame = id === 1 ? firstHeaders : headers;
    this.#room(frame.length);
    frame.copy(this.#out, this.#used);
    this.#out.writeUInt32BE(id, this.#used + 5);
    this.#used += frame.length;
    for (let digit = 0, rest = id; digit < 8; digit++, rest >>>= 4)
      this.#out[this.#used - serialFromEnd + digit] = 97 + (rest & 15);
    const stream = { id, startMs: performance.now(), step: 0, sent: 0, window: this.#peerInitialWindow };
    this.#streams.set(id, stream);
    this.#send(stream);
  }

  /** Sends of the current message what the windows allow. */
  #send(stream: LoadStream): void {
    const message = this.#frames.messages[stream.step]!;
    while (stream.sent < message.length) {
      const length = Math.min(maxFrameBytes, message.length - stream.sent, this.#window, stream.window);
      if (length <= 0) {
        this.#blocked.add(stream);
        return;
      }
      const at = this.#begin(length, 0, 0, stream.id);
      message.copy(this.#out, at, stream.sent, stream.sent + length);
      stream.sent += length;
      stream.window -= length;
      this.#window -= length;
    }
  }

  #answered(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#totals.messages += 1;
    stream.step += 1;
    stream.sent = 0;
    if (stream.step < this.#frames.messages.length) {
      this.#send(stream);
      return;
    }
    this.#begin(0, 0, 1, id);
    if (this.#options.ending === "reset") {
      this.#control(3, 0, id, 8);
      this.#finish(stream);
    }
  }

  #ended(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if (stream.step < this.#frames.messages.length) this.#totals.failed += 1;
    this.#finish(stream);
  }

  #finish(stream: LoadStream): void {
    this.#streams.delete(stream.id);
    this.#totals.streams += 1;
    if (this.#totals.latenciesMs.length < latencySamples)
      this.#totals.latenciesMs.push(performance.now() - stream.startMs);
    if (this.#options.streamsPerSecond === undefined) this.#open();
  }

  #control(type: number, flags: number, id: number, value: number): void {
    const at = this.#begin(4, type, flags, id);
    this.#out.writeUInt32BE(value, at);
  }

  #begin(length: number, type: number, flags: number, id: number): number {
    this.#room(9 + length);
    const at = this.#used;
    this.#out[at] = length >> 16;
    this.#out[at + 1] = length >> 8;
    this.#out[at + 2] = length;
    this.#out[at + 3] = type;
    this.#out[at + 4] = flags;
    this.#out.writeUInt32BE(id, at + 5);
    this.#used = at + 9 + length;
    return at + 9;
  }

  #room(bytes: number): void {
    if (this.#used + bytes > this.#out.length) this.#flush();
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#socket.write(this.#out.subarray(0, this.#used));
    if (this.#socket.writableLength > 0) this.#out = Buffer.allocUnsafeSlow(this.#out.length);
    this.#used = 0;
  }
}

function startPacer(connections: readonly LoadConnection[], perSecond: number | undefined) {
  if (perSecond === undefined) return undefined;
  const startMs = performance.now();
  let started = 0;
  return setInterval(() => {
    const due = ((performance.now() - startMs) / 1_000) * perSecond;
    for (; started < due; started++) connections[started % connections.length]!.start();
  }, 2);
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function buildFrames(exchange: Exchange): Frames {
  // Names and values an Envoy sends; all enter the dynamic table on the first stream, so that index 62 is the last of them.
  const repeated = [
    [":path", exchange.path],
    [":authority", "extproc_cluster"],
    ["te", "trailers"],
    ["content-type", "application/grpc"],
    ["x-envoy-internal", "true"],
    ["x-forwarded-for", "10.2.3.4"],
  ] as const;
  const fixed = Buffer.from([0x83, 0x86]);
  const unique = Buffer.concat([
    Buffer.from([0]),
    text("traceparent"),
    text(`00-${"0".repeat(49)}-00000000`),
  ]);
  const literals = repeated.map(([name, value]) =>
    Buffer.concat([Buffer.from([0x40]), text(name), text(value)]),
  );
  const indexed = Buffer.from(repeated.map((_, index) => 0x80 | (61 + repeated.length - index)));
  const settings = Buffer.from("00043fffffff", "hex");
  return {
    preface: Buffer.concat([
      Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
      frame(4, 0, settings),
      frame(8, 0, Buffer.from([0x3f, 0xff, 0, 0])),
    ]),
    firstHeaders: frame(1, 4, Buffer.concat([fixed, ...literals, unique])),
    headers: frame(1, 4, Buffer.concat([fixed, indexed, unique])),
    serialFromEnd: 8,
    messages: exchange.messages.map((message) => {
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(message.length, 1);
      return Buffer.concat([prefix, message]);
    }),
  };
}

function frame(type: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  return Buffer.concat([head, payload]);
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
}
