/** What the thread of the health listener is started with. */
export interface HealthStart {
  readonly host: string;
  readonly port: number;
  /** One number, which the event loop raises as long as it turns. */
  readonly beats: SharedArrayBuffer;
  /** How long the number may stay the same before the event loop counts as stalled. */
  readonly stallMs: number;
}

/** What the thread says: that it listens, or why it does not. */
export type HealthStarted =
  | { readonly kind: "listening"; readonly host: string; readonly port: number }
  | { readonly kind: "failed"; readonly code: string | undefined; readonly message: string };

/** What the thread is told whenever it changes: why no requests should be sent here; nothing: they should. */
export interface HealthNews {
  readonly unreadyReasons: readonly string[];
}
