import { connect, type Socket } from "node:net";

/** Faults after which nothing more comes on an open connection. */
const silences: readonly string[] = ["x-fake-hang", "x-fake-stall-after"];
/** How long nothing comes before such an answer is taken as it is. */
const silentMs = 1_000;
/** Any other answer ends by itself, on a busy machine a while later. */
const unheardMs = 30_000;

/** What one request over a socket of its own came to: every byte received, and how the connection ended. */
export interface RawAnswer {
  readonly text: string;
  /** Sizes of the pieces, as they arrived. */
  readonly pieces: readonly number[];
  readonly ending: "closed" | "reset" | "still open";
}

/** Sends one request as its bytes and reads until the connection ends, or falls silent for good. */
export function askRaw(
  port: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const goesSilent = Object.keys(headers).some((name) => silences.includes(name));

  const socket = connect(port, "127.0.0.1");
  socket.write(requestBytes(body, { connection: "close", ...headers }));
  return readAll(socket, goesSilent ? silentMs : unheardMs);
}

/** The bytes of a chat completions request. */
export function requestBytes(body: unknown, headers: Readonly<Record<string, string>>): string {
  const text = JSON.stringify(body);
  const lines = Object.entries({
    host: "fake",
    "content-length": String(Buffer.byteLength(text)),
    ...headers,
  });
  return `POST /v1/chat/completions HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${text}`;
}

function readAll(socket: Socket, quietMs: number): Promise<RawAnswer> {
  const parts: Buffer[] = [];
  return new Promise((resolve) => {
    const finish = (ending: RawAnswer["ending"]) => {
      socket.destroy();
      const text = Buffer.concat(parts).toString("latin1");
      resolve({ text, pieces: parts.map(({ length }) => length), ending });
    };
    socket.setTimeout(quietMs, () => finish("still open"));
    socket.on("data", (part) => parts.push(part));
    socket.once("end", () => finish("closed"));
    socket.once("error", () => finish("reset"));
  });
}
