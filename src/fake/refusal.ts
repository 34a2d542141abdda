/** Reasons a provider has to refuse, each with the status most vendors give it. */
const usualStatus = {
  "bad-request": 400,
  "context-length": 400,
  "content-filter": 400,
  auth: 401,
  billing: 402,
  permission: 403,
  "not-found": 404,
  timeout: 408,
  "too-large": 413,
  "rate-limit": 429,
  quota: 429,
  server: 500,
  overloaded: 503,
} as const;

/** The reason for a provider's refusal; each dialect has its own words for it. */
export type RefusalKind = keyof typeof usualStatus;

/** Every reason, as `x-fake-error` names it. */
export const refusalKinds = Object.keys(usualStatus) as readonly RefusalKind[];

/** An answer that is an error; what is left out is worded by the dialect. */
export interface Refusal {
  readonly type: "refusal";
  readonly kind: RefusalKind;
  /** Given if it is not the one that the dialect's vendor uses. */
  readonly status?: number;
  readonly message?: string;
  readonly param?: string;
  readonly code?: string;
  readonly retryAfter?: string;
}

/** A refusal for a reason. */
export function refusal(kind: RefusalKind, details: Omit<Refusal, "type" | "kind"> = {}): Refusal {
  return { type: "refusal", kind, ...details };
}

/** The status of a refusal, unless it says or its dialect knows another. */
export function statusOf(refused: Refusal): number {
  return refused.status ?? usualStatus[refused.kind];
}

/** The most likely reason behind a status. */
export function kindOfStatus(status: number): RefusalKind {
  const exact = refusalKinds.find((kind) => usualStatus[kind] === status);
  if (exact !== undefined) return exact;
  if (status === 529 || status === 502 || status === 504) return "overloaded";
  return status >= 500 ? "server" : "bad-request";
}
