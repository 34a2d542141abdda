import type { IncomingMessage } from "node:http";
import { type BudgetsSource, changeAccount, listBudgets } from "./budgets-api.ts";
import { type JsonAnswer, readJson, refusal } from "./json-request.ts";

const methods: Readonly<Record<string, "GET" | "POST">> = {
  "/budgets": "GET",
  "/budgets/reset": "POST",
  "/budgets/grant": "POST",
  "/budgets/raise": "POST",
};

/** Whether a path is of the interface to budgets. */
export function isBudgetsPath(path: string): boolean {
  return Object.hasOwn(methods, path);
}

/** `GET /budgets?name=&key=&id=` lists accounts in use, `?rule=&key=` those with a key;  `POST /budgets/{reset,grant,raise}` changes one, and writes down who asked. Never rejects. */
export async function answerBudgets(
  source: BudgetsSource,
  request: IncomingMessage,
  url: URL,
): Promise<JsonAnswer> {
  try {
    if (request.method !== methods[url.pathname])
      return { status: 405, body: { error: `send ${methods[url.pathname]}` } };
    if (request.method === "GET") return { status: 200, body: await listBudgets(source, url.searchParams) };
    const body = await readJson(request);
    const action = url.pathname.slice("/budgets/".length);
    const account = await changeAccount(source, action, body, request.socket.remoteAddress ?? "");
    return { status: 200, body: { account } };
  } catch (thrown) {
    return refusal(thrown);
  }
}
