import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { closeLastRun } from "../../../src/gateway/close-last-run.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { UsageRecord } from "../../../src/usage/record.ts";

const folder = mkdtempSync(join(tmpdir(), "tollgate-last-run-"));
after(() => rmSync(folder, { recursive: true }));

const openedAtMs = Date.parse("2026-12-01T12:00:00.100Z");
/** Milliseconds from an exchange's first byte, which its record tells of, to its hold. */
const lateMs = { "at once": 0, "while a body came": 90_000, "before the clock was set": 400 * 86_400_000 };

describe("closeLastRun()", () => {
  for (const [when, ms] of Object.entries(lateMs))
    it(`writes no second record of an exchange whose record was written, though it began long before its hold: ${when}`, async () => {
      const time = new Date(openedAtMs - ms).toISOString();
      writeFileSync(
        join(folder, "usage-20261201T12-00001.jsonl"),
        `${JSON.stringify({ exchange_id: "a", time, accounts: [] })}\n`,
      );
      const settled: string[] = [];
      const recorded: UsageRecord[] = [];
      const ledger = {
        lost: [{ id: "a", openedAtMs, claims: [] }],
        settle: (id: string) => void settled.push(id),
      } as unknown as Ledger;
      await closeLastRun({
        ledger,
        usageFolder: folder,
        record: async (record) => void recorded.push(record),
        log: { info() {}, warn() {}, error() {} },
      });
      assert.deepEqual([settled, recorded], [["a"], []]);
    });
});
