import { createHash } from "node:crypto";
import type { BilledUsage } from "./answer.ts";
import type { Faults } from "./faults.ts";

/** Most entries kept, and most bytes of headers and bodies in them; the oldest go first. */
const entriesMax = 20_000;
const bytesMax = 128 * 1_048_576;
const credentialHeaders: ReadonlySet<string> = new Set(
  "authorization proxy-authorization x-api-key api-key x-goog-api-key x-amz-security-token cookie".split(" "),
);

/** A journal entry of one received request, updated until the exchange is over. */
export interface ReceivedEntry {
  /** From 1, in the order of arrival. */
  readonly sequence: number;
  /** ISO 8601. */
  readonly time: string;
  readonly httpVersion: string;
  readonly method: string;
  /** With its query; a `key` in it is digested like a credential header. */
  readonly path: string;
  /** Names in lower case, repeated values joined with ", "; credentials as the start of their SHA-256. */
  readonly headers: Readonly<Record<string, string>>;
  /** What TLS said, if the request came over TLS; `client`: the common name of the certificate that was shown. */
  readonly tls: {
    readonly sni: string | null;
    readonly alpn: string | null;
    readonly client?: string;
  } | null;
  /** 32 hexadecimal digits; the answer's id has it, too. */
  readonly id: string;
  bodyBytes: number;
  /** Hexadecimal SHA-256; null while the body is not whole. */
  bodySha256: string | null;
  /** Kept only with `journalBodies`. */
  body?: string;
  dialect: string | null;
  operation: string | null;
  model: string | null;
  streamed: boolean;
  faults: Faults;
  /** Null while no head was written. */
  status: number | null;
  billed: BilledUsage | null;
  /** Tokens whose bytes were handed to the kernel. */
  outputTokensWritten: number;
  /** From the request's arrival until this side of the exchange was over; null while it is not. */
  closedAfterMs: number | null;
  /** True if it was over before the answer ended: the client left, or a fault reset the connection. */
  aborted: boolean;
}

/** The requests received, bounded: what is dropped is counted. */
export class Journal {
  readonly #entries = new Map<number, ReceivedEntry>();
  readonly #weights = new Map<number, number>();
  #sequence = 0;
  #bytes = 0;
  #dropped = 0;

  /** Adds an entry that its request writes on. */
  open(arrival: Arrival): ReceivedEntry {
    this.#sequence += 1;
    const entry: ReceivedEntry = {
      sequence: this.#sequence,
      ...arrival,
      bodyBytes: 0,
      bodySha256: null,
      dialect: null,
      operation: null,
      model: null,
      streamed: false,
      faults: {},
      status: null,
      billed: null,
      outputTokensWritten: 0,
      closedAfterMs: null,
      aborted: false,
    };
    this.#entries.set(entry.sequence, entry);
    this.#weigh(entry.sequence, JSON.stringify(arrival).length);
    return entry;
  }

  /** Keeps a request's body with its entry. */
  keepBody(entry: ReceivedEntry, body: Buffer): void {
    if (!this.#entries.has(entry.sequence)) return;
    entry.body = body.toString();
    this.#weigh(entry.sequence, body.length);
  }

  /** Entries in order of arrival, from after a sequence number. */
  list(after = 0): readonly ReceivedEntry[] {
    return [...this.#entries.values()].filter(({ sequence }) => sequence > after);
  }

  /** Number of entries dropped to stay within bounds. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Forgets all entries; numbers go on. */
  clear(): void {
    this.#entries.clear();
    this.#weights.clear();
    this.#bytes = 0;
    this.#dropped = 0;
  }

  #weigh(sequence: number, bytes: number): void {
    this.#weights.set(sequence, (this.#weights.get(sequence) ?? 0) + bytes);
    this.#bytes += bytes;
    for (const [oldest, weight] of this.#weights) {
      if (this.#weights.size <= entriesMax && this.#bytes <= bytesMax) return;
      this.#entries.delete(oldest);
      this.#weights.delete(oldest);
      this.#bytes -= weight;
      this.#dropped += 1;
    }
  }
}

/** The facts known as soon as a request's headers have come. */
export type Arrival = Pick<
  ReceivedEntry,
  "time" | "httpVersion" | "method" | "path" | "headers" | "tls" | "id"
>;

/** Headers with each credential as `sha256:` and the first 12 digits of its digest, after its scheme if it has one. */
export function digestCredentials(
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const shown = Object.entries(headers).map(([name, value]) => {
    if (!credentialHeaders.has(name)) return [name, value] as const;
    const [, scheme = "", secret = ""] = /^((?:Bearer|Basic|AWS4-HMAC-SHA256) )?(.*)$/is.exec(value) ?? [];
    return [name, `${scheme}${digestCredential(secret)}`] as const;
  });
  return Object.fromEntries(shown);
}

/** A path with the credential that Gemini's clients may put in its query digested. */
export function digestPath(path: string): string {
  return path.replace(
    /([?&]key=)([^&]*)/,
    (_, name: string, secret: string) => name + digestCredential(secret),
  );
}

/** The start of a credential's SHA-256: enough to tell credentials apart. */
function digestCredential(secret: string): string {
  return `sha256:${createHash("sha256").update(secret).digest("hex").slice(0, 12)}`;
}
