import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { uuidv7 } from "../../../src/core/uuid.ts";
import { findRecords } from "../../../src/usage/find.ts";
import { serialise } from "../../../src/usage/record.ts";
import { showRecord } from "../../../src/usage/show.ts";
import { bareRecord, fullRecord } from "../../support/usage/usage-records.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tollgate-find-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("findRecords()", () => {
  const opened = uuidv7(Date.parse("2026-11-21T12:30:00Z"));
  const later = uuidv7(Date.parse("2030-01-01T00:00:00Z"));
  const write = (hour: number, ...records: readonly object[]) =>
    writeFile(
      join(folder, `usage-20261121T${hour}-00001.jsonl`),
      records.map((record) => `${JSON.stringify(record)}\n`).join(""),
    );

  it("finds one exchange by its id, and all of a trace", async () => {
    await write(
      10,
      { exchange_id: "x", trace_id: "t" },
      { exchange_id: "y", trace_id: "other", workflow: "t" },
    );
    await write(12, { exchange_id: opened, trace_id: "t" });
    assert.deepEqual(await findRecords(folder, opened), [{ exchange_id: opened, trace_id: "t" }]);
    assert.equal((await findRecords(folder, "t")).length, 2);
    assert.deepEqual(await findRecords(folder, "nothing"), []);
  });

  it("finds a trace whose id looks like a later exchange's", async () => {
    await write(10, { exchange_id: "x", trace_id: later });
    assert.equal((await findRecords(folder, later)).length, 1);
  });
});

describe("showRecord()", () => {
  it("shows every field, attempt, stage and account of a record", () => {
    const text = showRecord(JSON.parse(serialise(fullRecord)));
    for (const known of [
      /^tenant_id {2,}acme$/m,
      /^cost {2,}0\.021 USD$/m,
      /^ {2}openai\/gpt-4\.1 {2,}503 {2,}overloaded {2,}12 ms {2,}– in {2,}– out {2,}0 USD$/m,
      /^ {2}claude\/claude-sonnet-4-5 {2,}200 {2,}answered {2,}1840\.25 ms {2,}1800 in {2,}420 out {2,}0\.021 USD$/m,
      /^ {2}reserve {2,}0\.1$/m,
      /^ {2}tenant-month {2,}tenant_id=acme {2,}2026-11 {2,}21000000$/m,
    ])
      assert.match(text, known);
  });

  it("shows a record of which little is known", () => {
    const text = showRecord(JSON.parse(serialise(bareRecord)));
    assert.match(text, /^ending {2,}denied$/m);
    assert.match(text, /^tenant_id {2,}–$/m);
    assert.doesNotMatch(text, /attempts|accounts/);
  });

  it("lets nothing in a record steer the terminal", () => {
    assert.doesNotMatch(showRecord({ ...bareRecord, app: "\u001b[2J" }).replaceAll("\n", ""), /\p{C}/u);
  });
});
