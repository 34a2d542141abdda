import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FaultReporter, unwritable } from "../../../src/core/fault-reporter.ts";
import { keptLog } from "../../support/core/kept-log.ts";
import { manualClock } from "../../support/core/manual-clock.ts";

function reporterOf() {
  const clock = manualClock("2026-08-03T12:00:00Z");
  const { log, lines } = keptLog();
  const reporter = new FaultReporter({ log, clock }, unwritable("usage log", "not ready"));
  return { clock, lines, reporter };
}

describe("a fault reporter", () => {
  it("logs one line when a fault begins and one when it is over, with its cause and how long it lasted", () => {
    const { clock, lines, reporter } = reporterOf();
    for (let times = 0; times < 2; times++) {
      reporter.recovered();
      for (let failures = 0; failures < 5; failures++) reporter.failed(new Error("ENOSPC"));
      clock.advance(2_000);
      for (let successes = 0; successes < 5; successes++) reporter.recovered();
    }
    const once = [
      {
        level: "error",
        fields: { what: "usage log", cause: "ENOSPC" },
        message: "usage log: cannot be written: not ready",
      },
      {
        level: "warn",
        fields: { what: "usage log", failed_for_ms: 2_000, failures: 5 },
        message: "usage log: can be written again",
      },
    ];
    assert.deepEqual(lines, [...once, ...once]);
  });

  it("logs a fault that lasts once a minute, with its latest cause and the count of failures", () => {
    const { clock, lines, reporter } = reporterOf();
    for (let second = 0; second < 180; second++) {
      reporter.failed(new Error(second < 90 ? "ENOSPC" : "EROFS"));
      clock.advance(1_000);
    }
    reporter.recovered();
    assert.deepEqual(
      lines.map(({ message, fields: { cause, failures } }) => [message, cause, failures]),
      [
        ["usage log: cannot be written: not ready", "ENOSPC", undefined],
        ["usage log: still cannot be written: not ready", "ENOSPC", 61],
        ["usage log: still cannot be written: not ready", "EROFS", 121],
        ["usage log: can be written again", undefined, 180],
      ],
    );
  });

  it("bounds the lines of a fault that comes and goes, and counts every failure", () => {
    const { clock, lines, reporter } = reporterOf();
    const turns = 6_000;
    for (let turn = 0; turn < turns; turn++) {
      reporter.failed("EIO");
      reporter.recovered();
      clock.advance(100);
    }
    clock.advance(60_000);
    reporter.failed("EIO");
    reporter.recovered();
    const minutes = turns / 600;
    assert.ok(lines.length <= (minutes + 1) * 10 + 2, `${lines.length} lines`);
    const failures = lines.map(({ fields }) => Number(fields.failures ?? 0));
    assert.equal(
      failures.reduce((sum, one) => sum + one, 0),
      turns + 1,
    );
  });
});
