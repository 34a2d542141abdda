import { connect, type Socket } from "node:net";

/** A chat answer as a client gets it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly text: string;
  /** The exchange's id, as the answer names it. */
  readonly exchange: string | null;
}

/** An error body in OpenAI's shape. */
export interface OpenaiError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** What a test sends besides the ordinary. */
export interface Send {
  /** The client's key; null: none. */
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly path?: string;
  readonly method?: string;
}

/** An ordinary chat request; `changes` replaces or adds members. */
export function chatBody(changes: object = {}): string {
  const messages = [{ role: "user", content: "How does a tollgate work?" }];
  return JSON.stringify({ model: "both", max_tokens: 20, messages, ...changes });
}

/** Sends a request to the chat endpoint below `baseUrl` and returns the response, its body unread. */
export function send(baseUrl: string, body: string | Buffer | null, options: Send = {}): Promise<Response> {
  const key = options.key === undefined ? "key-acme" : options.key;
  return fetch(`${baseUrl}${options.path ?? "/chat/completions"}`, {
    method: options.method ?? "POST",
    headers: {
      "content-type": "application/json",
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...options.headers,
    },
    body,
    signal: options.signal ?? null,
  });
}

/** Sends a request and reads the whole answer. Rejects when the answer is cut off. */
export async function ask(
  baseUrl: string,
  body: string | Buffer | null = chatBody(),
  options: Send = {},
): Promise<Answer> {
  const response = await send(baseUrl, body, options);
  const bytes = Buffer.from(await response.arrayBuffer());
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    text: bytes.toString(),
    exchange: response.headers.get("x-tollgate-exchange-id"),
  };
}

/** The error in an answer of OpenAI's shape; throws when it is anything else. */
export function errorOf(answer: Pick<Answer, "text">): OpenaiError {
  const { error, ...rest } = JSON.parse(answer.text) as { error?: OpenaiError };
  const members = Object.keys(error ?? {})
    .sort()
    .join();
  if (error === undefined || Object.keys(rest).length > 0 || members !== "code,message,param,type")
    throw new Error(`no error of OpenAI's shape: ${answer.text.slice(0, 300)}`);
  return error;
}

/** The data of each event in a stream's text, `[DONE]` included. */
export function eventsOf(text: string): readonly string[] {
  return text
    .split("\n\n")
    .filter((event) => event.startsWith("data: "))
    .map((event) => event.slice(6));
}

/** All text in a chat stream's events. */
export function streamedText(text: string): string {
  let joined = "";
  for (const data of eventsOf(text)) {
    if (data === "[DONE]") continue;
    const chunk = JSON.parse(data) as { choices?: { delta?: { content?: string } }[] };
    joined += chunk.choices?.[0]?.delta?.content ?? "";
  }
  return joined;
}

/** How a connection that a test speaks over byte by byte came to its end. */
export interface RawAnswer {
  readonly text: string;
  /** `closed`: the other side ended it; `reset`: it broke off; `open`: nothing came for a while. */
  readonly ending: "closed" | "reset" | "open";
}

/** A connection to `url`'s host, spoken over byte by byte. */
export class RawConnection {
  readonly socket: Socket;
  readonly #parts: Buffer[] = [];
  #ending: RawAnswer["ending"] = "open";

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect(Number(port), hostname);
    this.socket.on("data", (part) => this.#parts.push(part));
    this.socket.once("end", () => {
      this.#ending = "closed";
    });
    this.socket.once("error", () => {
      this.#ending = "reset";
    });
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  get received(): string {
    return Buffer.concat(this.#parts).toString("latin1");
  }

  /** Waits until the connection ends, or for `quietMs` without a byte. */
  async read(quietMs = 500): Promise<RawAnswer> {
    await new Promise<void>((resolve) => {
      this.socket.setTimeout(quietMs, resolve);
      this.socket.once("close", () => resolve());
    });
    this.socket.destroy();
    return { text: this.received, ending: this.#ending };
  }
}

/** The head of an HTTP/1.1 request to the chat endpoint, its empty line included. */
export function rawHead(
  headers: Readonly<Record<string, string>>,
  first = "POST /v1/chat/completions",
): string {
  const all = { host: "gateway", authorization: "Bearer key-acme", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${first} HTTP/1.1\r\n${lines.join("")}\r\n`;
}
