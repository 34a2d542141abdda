import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AdminAccess } from "./admin-access.ts";
import type { BudgetsSource } from "./budgets-api.ts";
import { answerBudgets, isBudgetsPath } from "./budgets-http.ts";
import { boundConnections, type ConnectionBounds, deadlineOptions } from "./connection-bounds.ts";
import type { OverridesSource } from "./overrides-api.ts";
import { answerOverrides, isOverridesPath } from "./overrides-http.ts";
import type { TargetsAnswer } from "./targets-api.ts";
import { type AdminReply, answerUsage } from "./usage-api.ts";
import type { UsageDesk } from "./usage-desk.ts";

const bounds: ConnectionBounds = { connectionsMax: 256, headersTimeoutMs: 5_000, requestTimeoutMs: 10_000 };
/** A browser's or a script's headers are a few hundred bytes. */
const headerBytesMax = 8_192;
/** Makes a request's path a URL; its host is never looked at. */
const baseUrl = "http://admin";

/** What the admin interface shows; everything is asked for when a request comes. */
export interface AdminSource {
  /** Why the gateway cannot take requests, by component; empty: it can. */
  unreadyReasons(): readonly string[];
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** The running config, secrets redacted. */
  config(): unknown;
  /** The config's token, which `Authorization: Bearer` must carry; undefined: it has none. */
  token(): string | undefined;
  /** The token that was made at the start where the config has none; undefined: there is none. */
  ownToken(): string | undefined;
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

/** Serves /livez and /readyz to everybody, and /metrics, /config, /usage, /budgets, /targets and /overrides by the rule of {@link AdminAccess}. */
export async function startAdminServer(
  address: { readonly host: string; readonly port: number },
  source: AdminSource,
): Promise<AdminServer> {
  const access = new AdminAccess({
    token: () => source.token(),
    ownToken: () => source.ownToken(),
    host: address.host,
  });
  const options = { ...deadlineOptions(bounds), maxHeaderSize: headerBytesMax };
  const server = createServer(options, (request, response) => {
    answer(request, response, source, access).catch(() => response.destroy());
  });
  boundConnections(server, bounds);
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
  access: AdminAccess,
): Promise<void> {
  const target = request.url ?? "/";
  if (!URL.canParse(target, baseUrl)) return send(response, 400, "text/plain", "this is no path\n");
  const url = new URL(target, baseUrl);
  const path = url.pathname;
  if (answerHealth(path, request, response, source)) return;
  const refused = await access.refusal(request, path === "/metrics");
  if (refused !== undefined) {
    response.setHeader("connection", "close");
    if (refused.status === 401) response.setHeader("www-authenticate", "Bearer");
    return send(response, refused.status, "text/plain", `${refused.message}\n`);
  }
  if (!isRead(request) && !isBudgetsPath(path) && !isOverridesPath(path))
    return send(response, 405, "text/plain", "only GET\n");
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

/** Answers what probes ask, whoever asks; false: it was something else. */
function answerHealth(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  source: AdminSource,
): boolean {
  if (path !== "/livez" && path !== "/readyz") return false;
  const reasons = path === "/readyz" ? source.unreadyReasons() : [];
  if (!isRead(request)) send(response, 405, "text/plain", "only GET\n");
  else if (reasons.length === 0) send(response, 200, "text/plain", "ok\n");
  else send(response, 503, "text/plain", `${reasons.join("\n")}\n`);
  return true;
}

function isRead({ method }: IncomingMessage): boolean {
  return method === "GET" || method === "HEAD";
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
