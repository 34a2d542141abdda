import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { isLoopback, PeerUids } from "./peer-uid.ts";

/** What the admin interface asks of whoever uses it. */
export interface AdminAccessRules {
  /** The config's token; where there is one, every request but those for health must carry it. */
  readonly token: () => string | undefined;
  /** The token that was made at the start because the config has none; undefined: none could be written down. */
  readonly ownToken: () => string | undefined;
  /** The host of the address listened on: a Host header may name it. */
  readonly host: string;
}

/** Why a request is not answered. */
export interface AccessRefusal {
  readonly status: 401 | 403;
  readonly message: string;
}

const fromBrowser: AccessRefusal = { status: 403, message: "requests of web pages are refused" };
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
    "send the admin token (Authorization: Bearer …): without it only the user that runs Tollgate is answered, on this machine",
};

/**
 * One rule for all that is not health: the token, or a loopback connection of the same user where the config has no token. Metrics need
 * no token where the config has none. Nothing is answered to a web page, nor, without the token, under a foreign name (DNS rebinding).
 */
export class AdminAccess {
  readonly #rules: AdminAccessRules;
  readonly #peers: PeerUids;

  constructor(rules: AdminAccessRules, peers = new PeerUids()) {
    this.#rules = rules;
    this.#peers = peers;
  }

  /** The refusal; undefined: go ahead. `shown`: what is asked for may be seen by every user of the machine. */
  async refusal(request: IncomingMessage, shown: boolean): Promise<AccessRefusal | undefined> {
    if (isFromPage(request)) return fromBrowser;
    const token = this.#rules.token();
    if (carries(request, token ?? this.#rules.ownToken())) return undefined;
    if (token !== undefined) return tokenMissing;
    if (!this.#namesUs(request.headers.host)) return wrongHost;
    if (shown && isLoopback(request.socket.remoteAddress)) return undefined;
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

  /** What a proxy on this machine passes on is not its own. */
  async #isSameUser(request: IncomingMessage): Promise<boolean> {
    if (proxyHeaders.some((name) => request.headers[name] !== undefined)) return false;
    const uid = await this.#peers.of(request.socket);
    return uid !== undefined && uid === process.geteuid?.();
  }
}

const proxyHeaders = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"] as const;

/** Browsers send `Origin` with what may change something, and `Sec-Fetch-Site` with all; `none` is an address that the user typed. */
function isFromPage({ headers }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  return headers.origin !== undefined || (site !== undefined && site !== "none");
}

/** Compares digests, so that neither time nor length tells anything of the token. */
function carries(request: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return false;
  const sent = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
  return timingSafeEqual(digest(sent), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
