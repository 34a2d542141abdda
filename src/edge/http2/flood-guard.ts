import { type ConnectionError, connectionError, errorCode } from "./frame.ts";
import type { Http2Limits } from "./limits.ts";
import { RateLimiter } from "./rate-limiter.ts";

/** Counts the frames of one connection that cost us work and the client nothing; each method returns an error once there are too many. */
export class FloodGuard {
  /** DATA frames sent so far; kept by the sender. */
  dataFramesSent = 0;
  #dataFramesCredited = 0;
  readonly #earnedPerDataFrame: number;
  readonly #uselessStreams: RateLimiter;
  readonly #pings: RateLimiter;
  readonly #settings: RateLimiter;
  readonly #emptyFrames: RateLimiter;
  readonly #ignoredFrames: RateLimiter;
  readonly #windowUpdates: RateLimiter;

  constructor(limits: Http2Limits) {
    this.#earnedPerDataFrame = limits.controlFramesPerDataFrame;
    this.#uselessStreams = new RateLimiter(limits.uselessStreams);
    this.#pings = new RateLimiter(limits.pings);
    this.#settings = new RateLimiter(limits.settings);
    this.#emptyFrames = new RateLimiter(limits.emptyFrames);
    this.#ignoredFrames = new RateLimiter(limits.ignoredFrames);
    this.#windowUpdates = new RateLimiter(limits.windowUpdates);
  }

  uselessStream(): ConnectionError | undefined {
    return this.#uselessStreams.take() ? undefined : tooMany.uselessStreams;
  }

  ping(): ConnectionError | undefined {
    return this.#takeEarnable(this.#pings) ? undefined : tooMany.pings;
  }

  settings(): ConnectionError | undefined {
    return this.#settings.take() ? undefined : tooMany.settings;
  }

  emptyFrame(): ConnectionError | undefined {
    return this.#emptyFrames.take() ? undefined : tooMany.emptyFrames;
  }

  ignoredFrame(): ConnectionError | undefined {
    return this.#ignoredFrames.take() ? undefined : tooMany.ignoredFrames;
  }

  windowUpdate(): ConnectionError | undefined {
    return this.#takeEarnable(this.#windowUpdates) ? undefined : tooMany.windowUpdates;
  }

  /** What DATA frames have earned is credited only when a bucket runs dry, to keep the sending path free of it. */
  #takeEarnable(limiter: RateLimiter): boolean {
    if (limiter.take()) return true;
    const earned = (this.dataFramesSent - this.#dataFramesCredited) * this.#earnedPerDataFrame;
    this.#dataFramesCredited = this.dataFramesSent;
    this.#pings.earn(earned);
    this.#windowUpdates.earn(earned);
    return limiter.take();
  }
}

const tooMany = {
  uselessStreams: connectionError(errorCode.enhanceYourCalm, "too many streams reset unanswered"),
  pings: connectionError(errorCode.enhanceYourCalm, "too many PING frames"),
  settings: connectionError(errorCode.enhanceYourCalm, "too many SETTINGS frames"),
  emptyFrames: connectionError(errorCode.enhanceYourCalm, "too many empty DATA frames"),
  ignoredFrames: connectionError(errorCode.enhanceYourCalm, "too many frames of no effect"),
  windowUpdates: connectionError(errorCode.enhanceYourCalm, "too many WINDOW_UPDATE frames"),
} as const;
