/** Failing credentials that are allowed from one source, and from one source with the same beginning of a key. */
const perPrefix = { burst: 10, everyMs: 6_000 } as const;
const perSource = { burst: 60, everyMs: 1_000 } as const;
/** Sources and beginnings that are remembered; the one that failed longest ago makes room. */
const entriesMax = 20_000;
/** Enough to tell keys apart, and too little to be one. */
const prefixLength = 8;
/** A source that goes on is told of this often. */
const tellEveryMs = 60_000;

/** The treatment of a request whose credential is unknown. */
export type Failure =
  | { readonly kind: "refused" }
  /** Too many have failed: the answer says when to try again. `tell`: this is news for whoever watches. */
  | { readonly kind: "throttled"; readonly retryAfterMs: number; readonly tell: boolean };

interface Bucket {
  tokens: number;
  refilledMs: number;
  toldMs: number;
}

const refused: Failure = Object.freeze({ kind: "refused" });

/**
 * Counts credentials that nobody recognises, by source address and by the key's beginning, as token buckets in a bounded table. Known
 * credentials are never looked up here: what one caller guesses slows no other, behind the same address neither.
 */
export class CredentialFailures {
  readonly #buckets = new Map<string, Bucket>();

  /** Counts a failure. `nowMs` is monotonic. */
  note(source: string, credential: string, nowMs: number): Failure {
    const network = networkOf(source);
    const bySource = this.#take(network, perSource, nowMs);
    const byPrefix = this.#take(`${network} ${credential.slice(0, prefixLength)}`, perPrefix, nowMs);
    const waitMs = Math.max(bySource.ms, byPrefix.ms);
    if (waitMs === 0) return refused;
    return { kind: "throttled", retryAfterMs: waitMs, tell: bySource.tell || byPrefix.tell };
  }

  #take(
    key: string,
    { burst, everyMs }: { readonly burst: number; readonly everyMs: number },
    nowMs: number,
  ): { readonly ms: number; readonly tell: boolean } {
    const bucket = this.#buckets.get(key) ?? { tokens: burst, refilledMs: nowMs, toldMs: -tellEveryMs };
    // The last to fail is the last to go.
    this.#buckets.delete(key);
    this.#makeRoom();
    this.#buckets.set(key, bucket);
    bucket.tokens = Math.min(burst, bucket.tokens + (nowMs - bucket.refilledMs) / everyMs);
    bucket.refilledMs = nowMs;
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return { ms: 0, tell: false };
    }
    const tell = nowMs - bucket.toldMs >= tellEveryMs;
    if (tell) bucket.toldMs = nowMs;
    return { ms: Math.ceil((1 - bucket.tokens) * everyMs), tell };
  }

  #makeRoom(): void {
    if (this.#buckets.size < entriesMax) return;
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }

  /** Entries in the table; for tests. */
  get size(): number {
    return this.#buckets.size;
  }
}

/** An address as Envoy says it (`203.0.113.9:4711`, `[2001:db8::1]:4711`) without its port; of IPv6 the /64, which is one customer's. */
export function networkOf(source: string): string {
  const six = /^\[([^\]]*)\]/.exec(source)?.[1];
  if (six === undefined) return source.replace(/:\d+$/, "");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(six)?.[1];
  return mapped ?? `${expand(six).slice(0, 4).join(":")}::/64`;
}

/** The eight groups of an IPv6 address. */
function expand(address: string): readonly string[] {
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = new Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  return [...before, ...(tail === undefined ? [] : zeros), ...after];
}
