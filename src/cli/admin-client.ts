import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { readAdminToken } from "../admin/admin-token.ts";
import type { Snapshot } from "../config/snapshot.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

const answerMaxMs = 10_000;

/** Where a running gateway's admin interface is: by the config, or said outright. */
export interface AdminOptions {
  readonly config: string;
  /** Its URL, where the config's address is not the one to use (port 0, a port forward). */
  readonly admin?: string | undefined;
}

/** The admin interface of a running gateway. */
export interface AdminClient {
  /** The answer to `GET path`. */
  get(path: string): Promise<unknown>;
  /** The answer to `POST path` with this body. */
  post(path: string, body: object): Promise<unknown>;
  /** The answer to `DELETE path` with this body. */
  delete(path: string, body: object): Promise<unknown>;
}

/** The variable that holds the admin token, for who has no config at hand. */
const tokenVariable = "TOLLGATE_ADMIN_TOKEN";

/** The admin interface that a command's options mean. With `--admin`, the config is asked for a token only, and only where it can be read. */
export function adminClientOf(terminal: Terminal, options: AdminOptions): AdminClient {
  const file = resolve(terminal.cwd, options.config);
  const token = terminal.env[tokenVariable];
  if (options.admin !== undefined && (token !== undefined || !existsSync(file)))
    return adminClient(options.admin, token);
  const snapshot = loadSnapshot(terminal, file, ["admin"]);
  const url = options.admin ?? adminUrlOf(snapshot);
  if (url === undefined)
    throw new CommandFailure("admin.address has port 0: give the gateway's address with --admin URL", 2);
  return adminClient(url, token ?? adminTokenFor(url, snapshot));
}

/** The token to send to the gateway at a URL: the config's, or, to this machine alone, the one that the running gateway made. */
export function adminTokenFor(url: string, { admin }: Snapshot): string | undefined {
  if (admin.token !== undefined) return admin.token;
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(host) ? readAdminToken(admin.tokenFile) : undefined;
}

/** The admin interface at a URL. Its methods throw {@link CommandFailure} for every answer but a good one. */
export function adminClient(url: string, token: string | undefined): AdminClient {
  const call = async (method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<unknown> => {
    const response = await reach(url, path, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status === 401)
      throw new CommandFailure(
        `the gateway at ${url} requires its admin token (401): set ${tokenVariable}, or give its config with -c`,
      );
    if (!response.ok) throw new CommandFailure(problemIn(text) ?? `the gateway answered ${response.status}`);
    try {
      return JSON.parse(text);
    } catch {
      throw new CommandFailure(`${url} is not the admin interface of a gateway`);
    }
  };
  return {
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, body),
    delete: (path, body) => call("DELETE", path, body),
  };
}

async function reach(url: string, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(new URL(path, url), { ...init, signal: AbortSignal.timeout(answerMaxMs) });
  } catch {
    throw new CommandFailure(
      `no gateway answers at ${url}: is it running? (give another address with --admin)`,
    );
  }
}

/** The address of the gateway's admin interface according to the config. Undefined if the kernel chose its port. */
export function adminUrlOf({ admin: { address } }: Snapshot): string | undefined {
  if (address.port === 0) return undefined;
  return `http://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}

function problemIn(text: string): string | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return (JSON.parse(text) as { error?: string }).error;
  } catch {
    return undefined;
  }
}
