/** A rate that may be exceeded for a moment: `burst` at once, then `perSecond`. */
export interface RateLimit {
  readonly burst: number;
  readonly perSecond: number;
}

/** Everything one peer may cost us. All but the first three count for a single connection. */
export interface Http2Limits {
  /** Connections open at once; one more replaces the oldest that has not yet spoken HTTP/2, or is dropped. */
  readonly connections: number;
  /** Connections that the kernel keeps until we accept them, and so the most that are accepted in one go, while others wait. */
  readonly backlogConnections: number;
  /**
   * Bytes that all connections together may hold: incomplete messages, unread answers, and open calls at {@link callBytes} each. Above it the
   * connection that holds the most is ended.
   */
  readonly heldBytes: number;
  /** Calls open at once (SETTINGS_MAX_CONCURRENT_STREAMS); one more is refused with REFUSED_STREAM. */
  readonly streams: number;
  /** Calls open at once of which no whole message has come. With more, the connection is served at the pace of {@link restMs}: Envoy sends the first message right behind the HEADERS. */
  readonly silentCalls: number;
  /** Calls reset by the client before we answered anything, or ended by us because of the client's mistakes. Resets after an answer are free: Envoy ends every call with one. */
  readonly uselessStreams: RateLimit;
  readonly pings: RateLimit;
  readonly settings: RateLimit;
  /** DATA frames that carry nothing and end nothing. */
  readonly emptyFrames: RateLimit;
  /** PRIORITY, GOAWAY and unknown frames, and frames on calls that are over. */
  readonly ignoredFrames: RateLimit;
  readonly windowUpdates: RateLimit;
  /** PING and WINDOW_UPDATE frames earned by every DATA frame we send, unless the client's windows cut it short: clients measure and open windows by what they receive. */
  readonly controlFramesPerDataFrame: number;
  /** CONTINUATION frames after one HEADERS frame. */
  readonly continuationFrames: number;
  /** Header block as sent, compressed. */
  readonly headerBlockBytes: number;
  /** Header list after decompression, names + values + 32 each (SETTINGS_MAX_HEADER_LIST_SIZE). */
  readonly headerListBytes: number;
  /**
   * Bytes that may be received of one call beyond those consumed (SETTINGS_INITIAL_WINDOW_SIZE): small, so that no call's megabytes go before
   * another's first bytes.
   */
  readonly streamWindowBytes: number;
  /** Bytes that may be received beyond those consumed, over all calls of the connection. */
  readonly connectionWindowBytes: number;
  /** Memory for messages of which only a part has come. */
  readonly incompleteMessageBytes: number;
  /** Memory of messages that have been read, kept for the next ones; of the edge. */
  readonly spareBytes: number;
  /** Answers that wait for the client to read. From an eighth of it on, no more of the connection's receive window is given back. */
  readonly queuedBytes: number;
  /** Work done for one connection before others have their turn: one for every frame, and for every 64 bytes of those that are not DATA. */
  readonly turnWork: number;
  /** A connection that has used up a tenth of the burst of any rate, asked with too long a header list, or has too many silent calls, has a turn only once in so long. */
  readonly restMs: number;
  /** From the connection's start to the client's preface and SETTINGS. */
  readonly handshakeTimeoutMs: number;
  /** From a header block's first frame to its last. */
  readonly headerBlockTimeoutMs: number;
  /** From a message's first byte to its last. */
  readonly messageTimeoutMs: number;
  /** Longest time in which the socket may take none of the bytes that wait for it. */
  readonly writeStallTimeoutMs: number;
  /** A connection silent for so long is asked by PING … */
  readonly keepaliveIntervalMs: number;
  /** … and closed if it stays silent for so long after. */
  readonly keepaliveTimeoutMs: number;
  /** Interval between checks of the time limits, which are kept to within one interval. */
  readonly tickMs: number;
}

/** Assumed memory of an open call that holds nothing else; measured with its HTTP/2 state and a small handler, and rounded up. */
export const callBytes = 4 << 10;

/** The limits in force. */
export const http2Limits: Http2Limits = {
  connections: 1_024,
  backlogConnections: 128,
  heldBytes: 1536 << 20,
  streams: 4_096,
  silentCalls: 256,
  uselessStreams: { burst: 10_000, perSecond: 1_000 },
  pings: { burst: 1_000, perSecond: 100 },
  settings: { burst: 100, perSecond: 10 },
  emptyFrames: { burst: 1_000, perSecond: 100 },
  ignoredFrames: { burst: 10_000, perSecond: 1_000 },
  windowUpdates: { burst: 20_000, perSecond: 1_000 },
  controlFramesPerDataFrame: 3,
  continuationFrames: 16,
  headerBlockBytes: 64 << 10,
  headerListBytes: 64 << 10,
  streamWindowBytes: 256 << 10,
  connectionWindowBytes: 4 << 20,
  // Bodies on their way in may be 768 MiB together, and pieces of all of them come in turn.
  incompleteMessageBytes: 896 << 20,
  spareBytes: 8 << 20,
  queuedBytes: 1 << 30,
  turnWork: 128,
  restMs: 10,
  handshakeTimeoutMs: 10_000,
  headerBlockTimeoutMs: 10_000,
  messageTimeoutMs: 30_000,
  writeStallTimeoutMs: 30_000,
  keepaliveIntervalMs: 60_000,
  keepaliveTimeoutMs: 20_000,
  tickMs: 1_000,
};
