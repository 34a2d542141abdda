import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FloodGuard } from "../../../../src/edge/http2/flood-guard.ts";
import { errorCode } from "../../../../src/edge/http2/frame.ts";
import { http2Limits } from "../../../../src/edge/http2/limits.ts";

const few = { burst: 5, perSecond: 0 };
const limits = {
  ...http2Limits,
  uselessStreams: few,
  pings: few,
  settings: few,
  emptyFrames: few,
  ignoredFrames: few,
  windowUpdates: few,
  controlFramesPerDataFrame: 3,
};

describe("FloodGuard", () => {
  for (const kind of [
    "uselessStream",
    "ping",
    "settings",
    "emptyFrame",
    "ignoredFrame",
    "windowUpdate",
  ] as const)
    it(`lets the burst of ${kind} pass and refuses one more`, () => {
      const guard = new FloodGuard(limits);
      for (let index = 0; index < 5; index++) assert.equal(guard[kind](), undefined);
      assert.equal(guard[kind]()?.code, errorCode.enhanceYourCalm);
    });

  it("lets DATA that was sent earn PING and WINDOW_UPDATE frames, once", () => {
    const guard = new FloodGuard(limits);
    for (let index = 0; index < 5; index++) guard.ping();
    guard.dataFramesSent += 1;
    for (let index = 0; index < 3; index++) assert.equal(guard.ping(), undefined);
    assert.notEqual(guard.ping(), undefined);
  });

  it("forgives as time passes", async () => {
    const guard = new FloodGuard({ ...limits, pings: { burst: 1, perSecond: 100_000 } });
    guard.ping();
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(guard.ping(), undefined);
  });
});
