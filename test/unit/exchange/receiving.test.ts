import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import { GatewayError } from "../../../src/core/errors.ts";
import { headersOf } from "../../../src/core/headers.ts";
import { Receipt, receive } from "../../../src/exchange/open/receiving.ts";
import type { Exchange } from "../../../src/exchange/state/exchange.ts";
import { Intake } from "../../../src/exchange/state/intake.ts";

const bodyLimitBytes = 33_554_432;

function exchange(intake: Intake, headers: Readonly<Record<string, string>>): Exchange {
  return {
    services: { intake },
    snapshot: { listen: { bodyLimitBytes } },
    head: { headers: headersOf(headers) },
    principal: { tenantId: "acme", keyName: "key" },
  } as unknown as Exchange;
}

describe("receive()", () => {
  for (const [what, headers, takenBytes] of [
    ["nothing for a small body", { "content-length": "65536" }, 0],
    ["what a larger body says it has", { "content-length": "65537" }, 65_537],
    ["nothing at first for a body that does not say", {}, 0],
  ] as const)
    it(`takes ${what}, and gives it back once`, () => {
      const intake = new Intake(bodyLimitBytes * 4);
      const receipt = receive(exchange(intake, headers), () => {});
      assert.ok(receipt instanceof Receipt);
      assert.equal(intake.usedBytes, takenBytes);
      receipt.end();
      receipt.end();
      assert.equal(intake.usedBytes, 0);
    });

  for (const [size, limitMs] of [
    [1_000, 15_000],
    [bodyLimitBytes, 270_000],
  ] as const)
    it(`refuses a body of ${size} bytes that has not come after ${limitMs / 1000} s, with 408`, () => {
      mock.timers.enable({ apis: ["setTimeout"] });
      try {
        const intake = new Intake(bodyLimitBytes * 4);
        const late: GatewayError[] = [];
        receive(exchange(intake, { "content-length": String(size) }), (error) => late.push(error));
        mock.timers.tick(limitMs - 5_001);
        assert.deepEqual(late, []);
        mock.timers.tick(5_001);
        assert.deepEqual(
          late.map(({ status }) => status),
          [408],
        );
        assert.equal(intake.usedBytes, 0);
      } finally {
        mock.timers.reset();
      }
    });

  it("takes a little for a body that does not say and is not here after two seconds, and the limit after five", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const intake = new Intake(bodyLimitBytes * 8);
      const late: GatewayError[] = [];
      const receipt = receive(exchange(intake, {}), (error) => late.push(error));
      assert.ok(receipt instanceof Receipt);
      mock.timers.tick(2_000);
      assert.equal(intake.usedBytes, 262_144);
      mock.timers.tick(3_000);
      assert.equal(intake.usedBytes, bodyLimitBytes);
      mock.timers.tick(264_999);
      assert.deepEqual(late, []);
      mock.timers.tick(1);
      assert.deepEqual([late.map(({ status }) => status), intake.usedBytes], [[408], 0]);
    } finally {
      mock.timers.reset();
    }
  });

  it("ends a body that does not say how large it is once there is no room for all that it may have", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const intake = new Intake(bodyLimitBytes * 8);
      const ended: GatewayError[] = [];
      for (let at = 0; at < 20; at++)
        assert.ok(receive(exchange(intake, {}), (error) => ended.push(error)) instanceof Receipt);
      mock.timers.tick(2_000);
      assert.deepEqual(ended, []);
      mock.timers.tick(3_000);
      assert.ok(intake.usedBytes <= bodyLimitBytes * 8);
      assert.ok(ended.length > 0 && ended.every(({ status }) => status === 503));
    } finally {
      mock.timers.reset();
    }
  });

  it("refuses a body for which there is no room, with 503", () => {
    const intake = new Intake(1_000);
    const refused = receive(exchange(intake, { "content-length": "100000" }), () => {});
    assert.ok(refused instanceof GatewayError);
    assert.equal(refused.status, 503);
  });
});
