import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { GatewayError } from "../core/errors.ts";
import { AdminAccess } from "./admin-access.ts";
import type { AdminSource } from "./admin-source.ts";
import { boundConnections, type ConnectionBounds, deadlineOptions } from "./connection-bounds.ts";
import { type AdminReply, type AdminRequest, jsonReply, textReply } from "./endpoint/endpoint.ts";
import { type EndpointsAtPath, endpointsAt } from "./endpoint/find-endpoint.ts";
import { endpoints } from "./endpoint/index.ts";
import { readJsonBody } from "./endpoint/json-body.ts";

const bounds: ConnectionBounds = { connectionsMax: 256, headersTimeoutMs: 5_000, requestTimeoutMs: 10_000 };
/** Headers of browsers and scripts are a few hundred bytes. */
const headerBytesMax = 8_192;
/** Completes a request's path to a URL; the host is never read. */
const baseUrl = "http://admin";

/** The running admin interface. */
export interface AdminServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the {@link endpoints}; {@link AdminAccess} decides who is answered. */
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
    answer(request, source, access).then(
      (reply) => send(response, reply),
      () => response.destroy(),
    );
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

/** A reply with the headers that its status needs. */
interface Reply extends AdminReply {
  readonly headers?: Readonly<Record<string, string>>;
}

const malformedPath = textReply(400, "the path is malformed");
const notFound = textReply(
  404,
  `unknown path; known paths: ${[...new Set(endpoints.map(({ path }) => path))].join(", ")}`,
);

async function answer(request: IncomingMessage, source: AdminSource, access: AdminAccess): Promise<Reply> {
  const target = request.url ?? "/";
  if (!URL.canParse(target, baseUrl)) return malformedPath;
  const url = new URL(target, baseUrl);
  const found = find(url.pathname);
  if (found === "malformed") return malformedPath;
  const refused = await access.refusal(request, found?.audience ?? "operator");
  if (refused !== undefined)
    return {
      ...textReply(refused.status, refused.message),
      headers: { connection: "close", ...(refused.status === 401 ? { "www-authenticate": "Bearer" } : {}) },
    };
  if (found === undefined) return notFound;
  const method = request.method === "HEAD" ? "GET" : (request.method ?? "");
  const endpoint = found.byMethod.get(method);
  if (endpoint === undefined) return wrongMethod(found);
  try {
    return await endpoint.answer(source, adminRequest(request, url, found.id));
  } catch (thrown) {
    const { status, message } = GatewayError.from(thrown);
    return jsonReply({ error: message }, status);
  }
}

function find(pathname: string): EndpointsAtPath | "malformed" | undefined {
  try {
    return endpointsAt(endpoints, pathname);
  } catch {
    return "malformed";
  }
}

function adminRequest(request: IncomingMessage, url: URL, id: string): AdminRequest {
  return {
    query: url.searchParams,
    id,
    from: request.socket.remoteAddress ?? "",
    json: () => readJsonBody(request),
  };
}

function wrongMethod({ byMethod }: EndpointsAtPath): Reply {
  const methods = [...byMethod.keys()];
  return {
    ...textReply(405, `this path takes ${methods.join(" or ")}`),
    headers: { allow: methods.join(", ") },
  };
}

function send(response: ServerResponse, { status, contentType, body, headers }: Reply): void {
  response.writeHead(status, { ...headers, "content-type": contentType, "cache-control": "no-store" });
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
