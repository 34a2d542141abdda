import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Audience } from "./endpoint/endpoint.ts";
import { isLoopback, PeerUids } from "./peer-uid.ts";

/** The credentials that the admin interface accepts. */
export interface AdminAccessRules {
  /** The config's token. If it sets one, every request except health probes must carry it. */
  readonly token: () => string | undefined;
  /** The token generated at start because the config sets none. Undefined if it could not be written to its file. */
  readonly ownToken: () => string | undefined;
  /** The host of the listen address, which a Host header may name. */
  readonly host: string;
}

/** The reason to refuse a request. */
export interface AccessRefusal {
  readonly status: 401 | 403;
  readonly message: string;
}

const fromBrowser: AccessRefusal = { status: 403, message: "requests from web pages are refused" };
const wrongHost: AccessRefusal = {
  status: 403,
  message: "the Host header must name localhost, an IP address or the configured address",
};
const tokenMissing: AccessRefusal = {
  status: 401,
  message: "send the admin token: Authorization: Bearer …",
};
const strangerHere: AccessRefusal = {
  status: 401,
  message:
    "send the admin token (Authorization: Bearer …); without it, only the user that runs Tollgate is served, from this machine",
};

/**
 * Decides who may use an endpoint. An operator sends the token or, if the config sets none, connects over loopback as the gateway's user;
 * any local user may read metrics if the config sets no token. Web pages are always refused, and so are foreign Host names without the
 * token (DNS rebinding).
 */
export class AdminAccess {
  readonly #rules: AdminAccessRules;
  readonly #peers: PeerUids;

  constructor(rules: AdminAccessRules, peers = new PeerUids()) {
    this.#rules = rules;
    this.#peers = peers;
  }

  /** The reason to refuse a request to an endpoint with this audience. Undefined if it may proceed. */
  async refusal(request: IncomingMessage, audience: Audience): Promise<AccessRefusal | undefined> {
    if (audience === "anyone") return undefined;
    if (isFromPage(request)) return fromBrowser;
    const token = this.#rules.token();
    if (carries(request, token ?? this.#rules.ownToken())) return undefined;
    if (token !== undefined) return tokenMissing;
    if (!this.#namesUs(request.headers.host)) return wrongHost;
    if (audience === "local" && isLoopback(request.socket.remoteAddress)) return undefined;
    return (await this.#isSameUser(request)) ? undefined : strangerHere;
  }

  #namesUs(header: string | undefined): boolean {
    if (header === undefined) return false;
    const host = header
      .toLowerCase()
      .replace(/:\d*$/, "")
      .replace(/^\[(.*)\]$/, "$1");
    return host === "localhost" || host === this.#rules.host.toLowerCase() || isIP(host) !== 0;
  }

  /** A request that a proxy on this machine forwards is not the proxy user's own. */
  async #isSameUser(request: IncomingMessage): Promise<boolean> {
    if (proxyHeaders.some((name) => request.headers[name] !== undefined)) return false;
    const uid = await this.#peers.of(request.socket);
    return uid !== undefined && uid === process.geteuid?.();
  }
}

const proxyHeaders = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"] as const;

/** Browsers send `Origin` with requests that may change something, and `Sec-Fetch-Site` with every request; `none` means that the user typed the address. */
function isFromPage({ headers }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  return headers.origin !== undefined || (site !== undefined && site !== "none");
}

/** Compares digests, so that timing reveals neither the token nor its length. */
function carries(request: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return false;
  const sent = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
  return timingSafeEqual(digest(sent), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
