import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parsePointMs } from "../../../src/usage/period.ts";

const now = Date.parse("2026-11-21T14:30:00Z");

describe("parsePointMs()", () => {
  for (const [text, iso] of [
    ["7d", "2026-11-14T14:30:00Z"],
    ["90m", "2026-11-21T13:00:00Z"],
    ["2026-11-01", "2026-11-01T00:00:00Z"],
    ["2026-11-01T12:30", "2026-11-01T12:30:00Z"],
    ["2026-11-01T12:30:15.5Z", "2026-11-01T12:30:15.500Z"],
    ["2026-11-01T12:30+02:00", "2026-11-01T10:30:00Z"],
  ] as const)
    it(`reads ${text}`, () => assert.equal(parsePointMs(text, now), Date.parse(iso)));

  for (const [text, iso] of [
    ["2026-11-01", "2026-10-31T23:00:00Z"],
    ["2026-07-01T12:30", "2026-07-01T10:30:00Z"],
    ["2026-07-01T12:30Z", "2026-07-01T12:30:00Z"],
    ["7d", "2026-11-14T14:30:00Z"],
  ] as const)
    it(`reads ${text} in Berlin`, () =>
      assert.equal(parsePointMs(text, now, "Europe/Berlin"), Date.parse(iso)));

  for (const text of ["", "yesterday", "7", "-7d", "2026-13-01", "1", "2026", "2026-11-01 12:30"])
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parsePointMs(text, now), undefined));
});
