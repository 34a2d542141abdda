import { type ConnectionError, connectionError, errorCode } from "./frame.ts";
import type { Http2Limits } from "./limits.ts";
import { RateLimiter } from "./rate-limiter.ts";

/** Counts the frames of one connection that cost us work and the client nothing; each method returns an error once there are too many. */
export class FloodGuard {
  /** DATA frames sent so far that the client's windows did not cut short; kept by the sender. */
  dataFramesSent = 0;
  /** Some allowance is strained: whoever reads this client's frames should take his time. Set back by him. */
  strained = false;
  #dataFramesCredited = 0;
  /** Calls that we ended and whose reset has not come: Envoy resets every call right behind its own end of it. */
  #lateResetsDue = 0;
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
    return this.#take(this.#uselessStreams, tooMany.uselessStreams);
  }

  ping(): ConnectionError | undefined {
    if (this.#pings.strained) this.#credit();
    return this.#take(this.#pings, tooMany.pings);
  }

  settings(): ConnectionError | undefined {
    return this.#take(this.#settings, tooMany.settings);
  }

  emptyFrame(): ConnectionError | undefined {
    return this.#take(this.#emptyFrames, tooMany.emptyFrames);
  }

  ignoredFrame(): ConnectionError | undefined {
    return this.#take(this.#ignoredFrames, tooMany.ignoredFrames);
  }

  /** We have ended a call. */
  callEnded(): void {
    this.#lateResetsDue += 1;
  }

  /** A reset of a call that is over: one for each that we ended is free. */
  lateReset(): ConnectionError | undefined {
    if (this.#lateResetsDue === 0) return this.ignoredFrame();
    this.#lateResetsDue -= 1;
    return undefined;
  }

  windowUpdate(): ConnectionError | undefined {
    if (this.#windowUpdates.strained) this.#credit();
    return this.#take(this.#windowUpdates, tooMany.windowUpdates);
  }

  #take(limiter: RateLimiter, error: ConnectionError): ConnectionError | undefined {
    if (!limiter.take()) return error;
    if (limiter.strained) this.strained = true;
    return undefined;
  }

  /** What DATA frames have earned is credited only when a bucket is strained, to keep the sending path free of it. */
  #credit(): void {
    const earned = (this.dataFramesSent - this.#dataFramesCredited) * this.#earnedPerDataFrame;
    this.#dataFramesCredited = this.dataFramesSent;
    this.#pings.earn(earned);
    this.#windowUpdates.earn(earned);
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
