import type { IncomingMessage } from "node:http";
import { GatewayError } from "../core/errors.ts";
import { changeLimit, type LimitsSource, listLimits } from "./limits-api.ts";

const bodyBytesMax = 65_536;
const methods: Readonly<Record<string, "GET" | "POST">> = {
  "/limits": "GET",
  "/limits/reset": "POST",
  "/limits/grant": "POST",
  "/limits/raise": "POST",
};

/** An answer of the interface to limits, as JSON. */
export interface LimitsAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Whether a path is of the interface to limits. */
export function isLimitsPath(path: string): boolean {
  return Object.hasOwn(methods, path);
}

/** `GET /limits?name=&key=&id=` lists accounts; `POST /limits/{reset,grant,raise}` changes one, and writes down who asked. Never rejects. */
export async function answerLimits(
  source: LimitsSource,
  request: IncomingMessage,
  url: URL,
): Promise<LimitsAnswer> {
  try {
    if (request.method !== methods[url.pathname]) return failure(405, `send ${methods[url.pathname]}`);
    if (request.method === "GET") return { status: 200, body: await listLimits(source, url.searchParams) };
    const body = await readJson(request);
    const action = url.pathname.slice("/limits/".length);
    const limit = await changeLimit(source, action, body, request.socket.remoteAddress ?? "");
    return { status: 200, body: { limit } };
  } catch (thrown) {
    const error = GatewayError.from(thrown);
    return failure(error.status, error.message);
  }
}

/** The body of a change. A page in somebody's browser cannot send one: its requests carry an origin, or are of another type. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const { origin, "content-type": type = "" } = request.headers;
  if (origin !== undefined || !/^application\/json\b/i.test(type))
    throw new GatewayError("invalid_request", "send application/json, and not from a browser");
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > bodyBytesMax) throw new GatewayError("body_too_large", "the body is too large");
    pieces.push(piece);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString());
  } catch {
    throw new GatewayError("invalid_request", "the body is no JSON");
  }
}

function failure(status: number, message: string): LimitsAnswer {
  return { status, body: { error: message } };
}
