import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { BudgetsSource } from "./budgets-api.ts";
import { answerBudgets, isBudgetsPath } from "./budgets-http.ts";
import type { OverridesSource } from "./overrides-api.ts";
import { answerOverrides, isOverridesPath } from "./overrides-http.ts";
import type { TargetsAnswer } from "./targets-api.ts";
import { type AdminReply, answerUsage } from "./usage-api.ts";
import type { UsageDesk } from "./usage-desk.ts";

const headersTimeoutMs = 5_000;
const connectionsMax = 256;
/** Makes a request's path a URL; its host is never looked at. */
const baseUrl = "http://admin";

/** What the admin interface shows; everything is asked for when a request comes. */
export interface AdminSource {
  /** Why the gateway cannot take requests, by component; empty: it can. */
  unreadyReasons(): readonly string[];
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** The running config, secrets redacted. */
  config(): unknown;
  /** What `Authorization: Bearer` must carry; undefined: nothing (loopback only). */
  token(): string | undefined;
  /** Where reports on the usage log are made. */
  readonly usage: UsageDesk;
  /** Wall time. */
  nowMs(): number;
  readonly budgets: BudgetsSource;
  readonly overrides: OverridesSource;
  /** How every target does, and how many retries there were. */
  targets(): TargetsAnswer;
}

/** The running admin interface. */
export interface AdminServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves /livez, /readyz, /metrics, /config, /usage, /budgets, /targets and /overrides. The first two are open, the rest ask for the token where there is one. */
export async function startAdminServer(
  address: { readonly host: string; readonly port: number },
  source: AdminSource,
): Promise<AdminServer> {
  const server = createServer((request, response) => {
    answer(request, response, source).catch(() => response.destroy());
  });
  server.headersTimeout = headersTimeoutMs;
  server.maxConnections = connectionsMax;
  await listen(server, address);
  const { address: host, port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  source: AdminSource,
): Promise<void> {
  const target = request.url ?? "/";
  if (!URL.canParse(target, baseUrl)) return send(response, 400, "text/plain", "this is no path\n");
  const url = new URL(target, baseUrl);
  const path = url.pathname;
  if (request.method !== "GET" && request.method !== "HEAD" && !isBudgetsPath(path) && !isOverridesPath(path))
    return send(response, 405, "text/plain", "only GET\n");
  if (path === "/livez") return send(response, 200, "text/plain", "ok\n");
  if (path === "/readyz") {
    const reasons = source.unreadyReasons();
    return send(
      response,
      reasons.length === 0 ? 200 : 503,
      "text/plain",
      reasons.length === 0 ? "ok\n" : `${reasons.join("\n")}\n`,
    );
  }
  if (!authorized(request, source.token())) {
    response.setHeader("www-authenticate", "Bearer");
    return send(response, 401, "text/plain", "send the admin token: Authorization: Bearer …\n");
  }
  if (path === "/metrics") {
    const { contentType, text } = await source.metrics();
    return send(response, 200, contentType, text);
  }
  if (path === "/config")
    return send(response, 200, "application/json", `${JSON.stringify(source.config(), undefined, 2)}\n`);
  if (path === "/targets")
    return send(response, 200, "application/json", `${JSON.stringify(source.targets())}\n`);
  if (path === "/usage" || path.startsWith("/usage/")) {
    const reply: AdminReply = await answerUsage(source.usage, url, source.nowMs());
    return send(response, reply.status, reply.contentType, reply.body);
  }
  if (isBudgetsPath(path)) {
    const { status, body } = await answerBudgets(source.budgets, request, url);
    return send(response, status, "application/json", `${JSON.stringify(body)}\n`);
  }
  if (isOverridesPath(path)) {
    const { status, body } = await answerOverrides(source.overrides, request, url);
    return send(response, status, "application/json", `${JSON.stringify(body)}\n`);
  }
  return send(
    response,
    404,
    "text/plain",
    "here are /livez, /readyz, /metrics, /config, /usage, /budgets, /targets and /overrides\n",
  );
}

/** Compares digests, so that neither time nor length tells anything of the token. */
function authorized(request: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return true;
  const sent = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
  return timingSafeEqual(digest(sent), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string | Uint8Array,
): void {
  response.writeHead(status, { "content-type": contentType, "cache-control": "no-store" });
  response.end(body);
}

function listen(server: Server, address: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address.port, address.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
