import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FaultReporter } from "../../../src/core/fault-reporter.ts";
import { manualClock } from "../../support/manual-clock.ts";

describe("a fault reporter", () => {
  it("logs one line when a fault begins and one when it is over, with its cause and how long it lasted", () => {
    const clock = manualClock("2026-08-03T12:00:00Z");
    const lines: [level: string, fields: object, message: string][] = [];
    const at = (level: string) => (fields: object, message: string) =>
      void lines.push([level, fields, message]);
    const log = { info: at("info"), warn: at("warn"), error: at("error") };
    const reporter = new FaultReporter({ log, clock }, "usage log", "not ready");
    for (let times = 0; times < 2; times++) {
      reporter.recovered();
      for (let failures = 0; failures < 5; failures++) reporter.failed(new Error("ENOSPC"));
      clock.advance(2_000);
      for (let successes = 0; successes < 5; successes++) reporter.recovered();
    }
    const once = [
      ["error", { what: "usage log", cause: "ENOSPC" }, "usage log: cannot be written: not ready"],
      ["warn", { what: "usage log", failed_for_ms: 2_000, failures: 5 }, "usage log: can be written again"],
    ];
    assert.deepEqual(lines, [...once, ...once]);
  });
});
