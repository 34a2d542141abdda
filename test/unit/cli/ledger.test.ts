import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock } from "../../../src/core/clock.ts";
import { serialise } from "../../../src/usage/record.ts";
import { hourOf, segmentName } from "../../../src/usage/segment.ts";
import { account, claim } from "../../support/ledger/ledger-accounts.ts";
import { ledgerFolders, openLedger } from "../../support/ledger/ledger-folder.ts";
import { runLine } from "../../support/stack/terminal.ts";
import { fullRecord } from "../../support/usage/usage-records.ts";

const config = `
version: 1
backends: { house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9/v1", price: { input: 1, output: 1 } } }
models: { one: { targets: [house/one] } }
identity: [{ type: anonymous, tenant_id: local }]
`;
const folders = ledgerFolders();
const day = account("day", 1_000n);

let folder: string;
const ledgerFolder = () => join(folder, "var/ledger");
const run = (...args: readonly string[]) => runLine(["ledger", ...args], { cwd: folder });

/** Leaves the journal of a killed process: three exchanges, the middle one of which is `id`. */
async function live(id: string): Promise<void> {
  const made = await folders.make();
  const ledger = await openLedger(made, systemClock);
  for (const one of ["first", id, "last"]) {
    await ledger.reserve(one, [[claim(day, 10n)]]);
    await ledger.settle(one, [{ accountId: day.id, amount: 7n }]);
  }
  const killed = await folders.crash(made);
  await ledger.close();
  for (const name of readdirSync(killed))
    writeFileSync(join(ledgerFolder(), name), readFileSync(join(killed, name)));
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-cli-ledger-"));
  writeFileSync(join(folder, "tollgate.yaml"), config);
  for (const name of ["ledger", "usage"]) mkdirSync(join(folder, "var", name), { recursive: true });
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await folders.remove();
});

describe("tollgate ledger", () => {
  it("says that all is well, names what is damaged, and repairs it with what was lost", async () => {
    const { exchange_id: id } = fullRecord;
    await live(id);
    const accounts = [{ name: day.name, key: day.key, window: "day", charged: "7" }];
    const record = serialise({
      ...fullRecord,
      error_code: undefined,
      time: new Date().toISOString(),
      accounts,
    });
    const segment = segmentName({ hour: hourOf(Date.now()), number: 1 });
    writeFileSync(join(folder, "var/usage", segment), `${record}\n`);
    const well = await run("verify");
    assert.deepEqual([well.code, well.out], [0, "no damage found"]);

    const path = join(ledgerFolder(), "journal-0000000001.bin");
    const bytes = readFileSync(path);
    const at = bytes.indexOf(id);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const damaged = record.replace('"ending"', '"anding"');
    writeFileSync(join(folder, "var/usage", segment), `${damaged}\n${record}\n`);
    const found = await run("verify");
    assert.equal(found.code, 1);
    assert.match(found.out, /journal-0000000001\.bin: \d+ bytes at byte \d+: changes of accounts/);
    assert.match(found.out, new RegExp(`${segment}: \\d+ bytes at byte 0: the record of ${id}`));

    const repaired = await run("repair");
    assert.equal(repaired.code, 0);
    assert.match(repaired.out, /kept: 1 accounts, 0 open holds/);
    assert.match(repaired.out, /not charged: day tenant_id=acme day: 7 by 1 records: the config has no such/);
    const ledger = await openLedger(ledgerFolder(), systemClock);
    assert.equal(ledger.read([day])[0]?.used, 14n);
    await ledger.close();
    assert.match((await run("repair")).out, /not damaged/);
    assert.ok(readdirSync(ledgerFolder()).includes("journal-0000000001.bin.damaged"));
  });

  it("names damaged overrides, calibration and audit lines", async () => {
    for (const [name, text] of [
      ["overrides.json", '{"version":1,"overrides":[],"crc":"00000000"}'],
      ["calibration.json", "{"],
      ["audit.jsonl", '{"by":"ada"}\n{"by":"eve","crc":"00000000"}\n'],
    ] as const)
      writeFileSync(join(ledgerFolder(), name), text);
    const { code, out } = await run("verify");
    assert.equal(code, 1);
    assert.match(out, /overrides\.json: its checksum does not match/);
    assert.match(out, /calibration\.json: it is no JSON/);
    assert.match(out, /audit\.jsonl: line 2 is damaged/);
  });
});
