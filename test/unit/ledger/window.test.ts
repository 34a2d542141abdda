import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isTimeZone } from "../../../src/core/local-time.ts";
import type { CalendarWindow, Period } from "../../../src/ledger/ledger.ts";
import { calendarSpan, rollingSlices, sliceLengthMs } from "../../../src/ledger/window.ts";

const hourMs = 3_600_000;

/** Window, zone, an instant in it, its first instant, the first after it. */
const spans: readonly (readonly [string, Period, string, string, string, string])[] = [
  ["a day in UTC", "day", "UTC", "2026-08-03T12:00:00Z", "2026-08-03T00:00:00Z", "2026-08-04T00:00:00Z"],
  [
    "a month of 31 days",
    "month",
    "UTC",
    "2026-01-31T23:59:59.999Z",
    "2026-01-01T00:00:00Z",
    "2026-02-01T00:00:00Z",
  ],
  [
    "a February of 28 days",
    "month",
    "UTC",
    "2026-02-28T10:00:00Z",
    "2026-02-01T00:00:00Z",
    "2026-03-01T00:00:00Z",
  ],
  [
    "a February of 29 days",
    "month",
    "UTC",
    "2028-02-29T10:00:00Z",
    "2028-02-01T00:00:00Z",
    "2028-03-01T00:00:00Z",
  ],
  ["a leap day", "day", "UTC", "2028-02-29T10:00:00Z", "2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z"],
  [
    "the month over a year's end",
    "month",
    "Europe/Berlin",
    "2026-12-31T23:30:00Z",
    "2026-12-31T23:00:00Z",
    "2027-01-31T23:00:00Z",
  ],
  [
    "a week from Monday",
    "week",
    "UTC",
    "2026-08-09T23:59:59Z",
    "2026-08-03T00:00:00Z",
    "2026-08-10T00:00:00Z",
  ],
  [
    "a week of 167 hours",
    "week",
    "Europe/Berlin",
    "2026-03-29T12:00:00Z",
    "2026-03-22T23:00:00Z",
    "2026-03-29T22:00:00Z",
  ],
  [
    "a day of 23 hours",
    "day",
    "Europe/Berlin",
    "2026-03-29T12:00:00Z",
    "2026-03-28T23:00:00Z",
    "2026-03-29T22:00:00Z",
  ],
  [
    "a day of 25 hours",
    "day",
    "Europe/Berlin",
    "2026-10-25T12:00:00Z",
    "2026-10-24T22:00:00Z",
    "2026-10-25T23:00:00Z",
  ],
  [
    "a month that gains an hour",
    "month",
    "America/New_York",
    "2026-11-15T00:00:00Z",
    "2026-11-01T04:00:00Z",
    "2026-12-01T05:00:00Z",
  ],
  [
    "a day whose midnight does not exist",
    "day",
    "America/Sao_Paulo",
    "2018-11-04T12:00:00Z",
    "2018-11-04T03:00:00Z",
    "2018-11-05T02:00:00Z",
  ],
  [
    "a day whose midnight comes twice",
    "day",
    "America/Havana",
    "2025-11-02T12:00:00Z",
    "2025-11-02T04:00:00Z",
    "2025-11-03T05:00:00Z",
  ],
  [
    "the hour that clocks repeat, first",
    "hour",
    "Europe/Berlin",
    "2026-10-25T00:30:00Z",
    "2026-10-25T00:00:00Z",
    "2026-10-25T01:00:00Z",
  ],
  [
    "the hour that clocks repeat, again",
    "hour",
    "Europe/Berlin",
    "2026-10-25T01:30:00Z",
    "2026-10-25T01:00:00Z",
    "2026-10-25T02:00:00Z",
  ],
  [
    "an hour of a zone half an hour off",
    "hour",
    "Asia/Kolkata",
    "2026-08-03T12:10:00Z",
    "2026-08-03T11:30:00Z",
    "2026-08-03T12:30:00Z",
  ],
  [
    "half an hour, where clocks change by one",
    "hour",
    "Australia/Lord_Howe",
    "2026-04-04T15:10:00Z",
    "2026-04-04T15:00:00Z",
    "2026-04-04T15:30:00Z",
  ],
];

/** Window, an instant in it, its first instant, the first after it. */
const resets: readonly (readonly [string, Omit<CalendarWindow, "kind">, string, string, string])[] = [
  [
    "a month from the 15th, at its last moment",
    { period: "month", timeZone: "UTC", resetDay: 15 },
    "2026-03-14T23:59:59Z",
    "2026-02-15T00:00:00Z",
    "2026-03-15T00:00:00Z",
  ],
  [
    "a month from the 15th over a year's end",
    { period: "month", timeZone: "UTC", resetDay: 15 },
    "2026-01-02T00:00:00Z",
    "2025-12-15T00:00:00Z",
    "2026-01-15T00:00:00Z",
  ],
  [
    "a month from the first at six, on the first at five",
    { period: "month", timeZone: "Europe/Berlin", resetHour: 6 },
    "2026-08-01T03:00:00Z",
    "2026-07-01T04:00:00Z",
    "2026-08-01T04:00:00Z",
  ],
  [
    "a week from Sunday",
    { period: "week", timeZone: "UTC", resetDay: 7 },
    "2026-08-08T23:00:00Z",
    "2026-08-02T00:00:00Z",
    "2026-08-09T00:00:00Z",
  ],
  [
    "a day from eight in the evening",
    { period: "day", timeZone: "America/New_York", resetHour: 20 },
    "2026-08-08T23:59:00Z",
    "2026-08-08T00:00:00Z",
    "2026-08-09T00:00:00Z",
  ],
  [
    "a day whose first hour the clocks leave out",
    { period: "day", timeZone: "Europe/Berlin", resetHour: 2 },
    "2026-03-29T12:00:00Z",
    "2026-03-29T01:00:00Z",
    "2026-03-30T00:00:00Z",
  ],
];

describe("calendarSpan()", () => {
  for (const [title, window, at, start, end] of resets) {
    it(`knows ${title}`, () => {
      const span = calendarSpan({ kind: "calendar", ...window }, Date.parse(at));
      assert.deepEqual(
        { start: new Date(span.startMs).toISOString(), end: new Date(span.endMs).toISOString() },
        { start: new Date(start).toISOString(), end: new Date(end).toISOString() },
      );
    });
  }

  for (const [title, period, timeZone, at, start, end] of spans) {
    it(`knows ${title}`, () => {
      const span = calendarSpan({ kind: "calendar", period, timeZone }, Date.parse(at));
      assert.deepEqual(
        { start: new Date(span.startMs).toISOString(), end: new Date(span.endMs).toISOString() },
        { start: new Date(start).toISOString(), end: new Date(end).toISOString() },
      );
    });
  }

  it("lays windows end to end, whatever the zone and the time", () => {
    const zones = [
      "UTC",
      "Europe/Berlin",
      "America/New_York",
      "Asia/Kolkata",
      "Australia/Lord_Howe",
      "Africa/Cairo",
      "Pacific/Apia",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom<Period>("hour", "day", "week", "month"),
        fc.constantFrom(...zones),
        fc.integer({ min: Date.parse("2012-01-01"), max: Date.parse("2035-01-01") }),
        fc.integer({ min: 1, max: 28 }),
        fc.nat(23),
        (period, timeZone, at, day, resetHour) => {
          const resetDay = period === "month" ? day : 1 + (day % 7);
          const window: CalendarWindow = { kind: "calendar", period, timeZone, resetDay, resetHour };
          const span = calendarSpan(window, at);
          assert.ok(span.startMs <= at && at < span.endMs);
          assert.deepEqual(calendarSpan(window, span.startMs), span);
          assert.deepEqual(calendarSpan(window, span.endMs - 1), span);
          assert.equal(calendarSpan(window, span.endMs).startMs, span.endMs);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("sliceLengthMs()", () => {
  it("cuts thirty days into days", () => assert.equal(sliceLengthMs(30 * 24 * hourMs), 24 * hourMs));
  it("never covers less than the window", () => {
    for (const lengthMs of [1, 29, 31, 1000, 7 * 24 * hourMs + 1])
      assert.ok(sliceLengthMs(lengthMs) * rollingSlices >= lengthMs);
  });
});

describe("isTimeZone()", () => {
  it("knows zones by their IANA names", () => {
    assert.ok(isTimeZone("Europe/Berlin"));
    assert.ok(!isTimeZone("Europe/Atlantis"));
    assert.ok(!isTimeZone(""));
  });
});
