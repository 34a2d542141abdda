import type { IncomingMessage } from "node:http";
import { GatewayError } from "../core/errors.ts";
import { type BudgetsSource, changeAccount, listBudgets } from "./budgets-api.ts";

const bodyBytesMax = 65_536;
const methods: Readonly<Record<string, "GET" | "POST">> = {
  "/budgets": "GET",
  "/budgets/reset": "POST",
  "/budgets/grant": "POST",
  "/budgets/raise": "POST",
};

/** An answer of the interface to budgets, as JSON. */
export interface BudgetsAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Whether a path is of the interface to budgets. */
export function isBudgetsPath(path: string): boolean {
  return Object.hasOwn(methods, path);
}

/** `GET /budgets?name=&key=&id=` lists accounts; `POST /budgets/{reset,grant,raise}` changes one, and writes down who asked. Never rejects. */
export async function answerBudgets(
  source: BudgetsSource,
  request: IncomingMessage,
  url: URL,
): Promise<BudgetsAnswer> {
  try {
    if (request.method !== methods[url.pathname]) return failure(405, `send ${methods[url.pathname]}`);
    if (request.method === "GET") return { status: 200, body: await listBudgets(source, url.searchParams) };
    const body = await readJson(request);
    const action = url.pathname.slice("/budgets/".length);
    const account = await changeAccount(source, action, body, request.socket.remoteAddress ?? "");
    return { status: 200, body: { account } };
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

function failure(status: number, message: string): BudgetsAnswer {
  return { status, body: { error: message } };
}
