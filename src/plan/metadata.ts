/** The form in which a plan travels through Envoy: dynamic metadata under {@link planNamespace}, which no client can set and no provider sees. */
export interface PlanMetadata {
  /** The exchange's id. */
  readonly id: string;
  readonly mode: string;
  /** Cluster names, one an attempt. */
  readonly clusters: readonly string[];
  /** The client's own request id, or the exchange's where it sent none. */
  readonly clientId: string;
  /** The client's error, in its own format, for an upstream that breaks off an answer before any of it has passed. Envoy sends it without asking. */
  readonly cut: string;
}

/** Dynamic metadata namespace of the plan. */
export const planNamespace = "tollgate.plan";
/** Key in {@link planNamespace} that marks requests seen by Tollgate. Envoy's answers to other requests are not ours. */
export const seenKey = "seen";
/** Dynamic metadata namespace that the attempt role writes, for the filter behind it. */
export const attemptNamespace = "tollgate.attempt";
/** Begins the response details of every answer made by Tollgate; tells it from an upstream's on its way back. */
export const localDetails = "tollgate";
/** Initial gRPC metadata that tells an ext_proc stream's role. */
export const roleKey = "x-tollgate-role";
/** Response header by which an upstream filter tells the router that nobody else is to be asked, whatever the status: Envoy's own, which it heeds before any other rule. */
export const lastAttemptHeader = "x-envoy-ratelimited";
/** Response header by which an upstream filter tells the router how many seconds to wait before the next attempt. */
export const waitHeader = "x-tollgate-wait";
