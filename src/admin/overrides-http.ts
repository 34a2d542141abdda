import type { IncomingMessage } from "node:http";
import { type JsonAnswer, readJson, refusal } from "./json-request.ts";
import { liftOverride, listOverrides, type OverridesSource, orderOverride } from "./overrides-api.ts";

const path = /^\/overrides(?:\/([^/]{1,100}))?$/;

/** Whether a path is of the interface to overrides. */
export function isOverridesPath(pathname: string): boolean {
  return path.test(pathname);
}

/** `GET /overrides` lists what is in force; `POST /overrides` orders, `DELETE /overrides/ID` takes back, and both write down who asked. Never rejects. */
export async function answerOverrides(
  source: OverridesSource,
  request: IncomingMessage,
  url: URL,
): Promise<JsonAnswer> {
  const [, id] = path.exec(url.pathname) ?? [];
  const method = id !== undefined ? "DELETE" : request.method === "GET" ? "GET" : "POST";
  const from = request.socket.remoteAddress ?? "";
  try {
    if (request.method !== method) return { status: 405, body: { error: `send ${method}` } };
    if (id !== undefined)
      return { status: 200, body: await liftOverride(source, id, await readJson(request), from) };
    if (method === "GET") return { status: 200, body: listOverrides(source) };
    return { status: 200, body: await orderOverride(source, await readJson(request), from) };
  } catch (thrown) {
    return refusal(thrown);
  }
}
