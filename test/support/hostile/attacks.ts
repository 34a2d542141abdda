import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { worstRequests } from "./worst-inputs.ts";

/** Where an attack goes, and whose key it has. */
export interface AttackTarget {
  /** The gateway's listener, e.g. `http://127.0.0.1:10000`. */
  readonly url: string;
  readonly key: string;
}

/** One bout of an attack: bounded in time, connections and bytes. It leaves nothing open. */
export interface Attack {
  readonly name: string;
  readonly run: (target: AttackTarget, turn: number) => Promise<void>;
}

const boutMs = 15_000;
const path = "/v1/chat/completions";
const largeBytes = 8_000_000;
const heldBackBytes = 31_000_000;
const blank = Buffer.alloc(65_536, " ");
const bodies = worstRequests.map(({ name, make }) => ({ name, body: make(largeBytes) }));

/** What a tenant with a valid key, and a provider that it owns, can do to everybody else. */
export const hostileAttacks: readonly Attack[] = [
  {
    name: "bodies that are slow to read",
    run: async (target, turn) => {
      const chosen = bodies[turn % bodies.length];
      if (chosen !== undefined) await post(target, chosen.body);
    },
  },
  { name: "bodies held back by their last byte", run: holdBack },
  { name: "half-sent HTTP/2 streams", run: halfSend },
  { name: "schemas that are slow to compile", run: (target, turn) => post(target, schemaBody(turn)) },
  ...["line-feeds", "numbers", "bomb", "drip"].map((model) => ({
    name: `a provider's answer: ${model}`,
    run: (target: AttackTarget) =>
      post(target, chat({ model: `evil-${model}`, stream: model !== "numbers", max_tokens: 5 })),
  })),
  { name: "headers without end", run: floodHeaders },
  { name: "credentials that nobody knows", run: guess },
  { name: "bytes that are no HTTP", run: garble },
];

function chat(changes: object): string {
  return JSON.stringify({ model: "one", messages: [{ role: "user", content: "hi" }], ...changes });
}

/** As many patterns as fit, another schema each turn: none is in a cache. */
function schemaBody(turn: number): string {
  const patterns = Array.from({ length: 2_000 }, (_, n) => [`^x${n}`, { type: "string" }] as const);
  const schema = { title: `t${turn}`, patternProperties: Object.fromEntries(patterns) };
  return chat({
    model: "checked",
    response_format: { type: "json_schema", json_schema: { name: "x", schema } },
  });
}

async function post({ url, key }: AttackTarget, body: string | Buffer): Promise<void> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  const signal = AbortSignal.timeout(boutMs);
  await fetch(`${url}${path}`, { method: "POST", headers, body, signal }).then(
    (response) => response.arrayBuffer(),
    () => undefined,
  );
}

function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.on("data", () => {});
  return socket;
}

async function holdBack({ url, key }: AttackTarget): Promise<void> {
  const sockets = Array.from({ length: 6 }, () => open(url));
  for (const socket of sockets) {
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${heldBackBytes}\r\n\r\n`,
    );
    sendBlanks(socket, heldBackBytes - 1);
  }
  await delay(2_000);
  for (const socket of sockets) socket.destroy();
}

function sendBlanks(socket: Socket, bytes: number): void {
  let left = bytes;
  const push = (): void => {
    while (left > 0 && !socket.destroyed) {
      const part = blank.subarray(0, Math.min(left, blank.length));
      left -= part.length;
      if (socket.write(part)) continue;
      socket.once("drain", push);
      return;
    }
  };
  push();
}

async function halfSend({ url, key }: AttackTarget): Promise<void> {
  const session = connectHttp2(url);
  session.on("error", () => {});
  for (let n = 0; n < 500; n += 1) {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
    });
    stream.on("error", () => {});
    stream.on("response", () => {});
    stream.resume();
  }
  await delay(2_000);
  session.destroy();
}

async function floodHeaders({ url, key }: AttackTarget): Promise<void> {
  const sockets = Array.from({ length: 50 }, () => open(url));
  const headers = Array.from({ length: 90 }, (_, n) => `x-flood-${n}: ${"a".repeat(500)}\r\n`).join("");
  for (const socket of sockets)
    socket.write(`GET /v1/models HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n${headers}\r\n`);
  await delay(500);
  for (const socket of sockets) socket.destroy();
}

async function guess(target: AttackTarget, turn: number): Promise<void> {
  for (let n = 0; n < 50; n += 1) await post({ ...target, key: `guess-${turn}-${n}` }, chat({}));
}

async function garble({ url }: AttackTarget, turn: number): Promise<void> {
  const sockets = Array.from({ length: 50 }, () => open(url));
  for (const [n, socket] of sockets.entries())
    socket.write(Buffer.from(Array.from({ length: 512 }, (_, at) => (at * 31 + n * 7 + turn) % 256)));
  await delay(500);
  for (const socket of sockets) socket.destroy();
}
