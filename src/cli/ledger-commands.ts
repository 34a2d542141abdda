import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import type { Snapshot } from "../config/snapshot.ts";
import { parseSealed, unseal } from "../core/seal.ts";
import { inspectLedger, type LedgerInspection } from "../ledger/repair.ts";
import { readRecords, type StoredRecord } from "../usage/read.ts";
import { cursorPath, readCursor } from "../usage/sink/cursor.ts";
import { damagedLines } from "../usage/verify.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** Adds the commands that check, and repair, what the gateway keeps on disk. */
export function addLedgerCommands(program: Command, terminal: Terminal): void {
  const ledger = program
    .command("ledger")
    .description("what the gateway keeps on disk: is it as it was written?");
  const config = () => new Option("-c, --config <file>", "the gateway's config").default("tollgate.yaml");
  ledger
    .command("verify")
    .description("look for damage in ledger, overrides, calibration, audit log, cursors and usage log")
    .addOption(config())
    .action(({ config }) => verify(terminal, config));
  ledger
    .command("repair")
    .description(
      "keep what can be read of a damaged ledger, and say what is lost; damaged files stay as *.damaged",
    )
    .addOption(config())
    .action(({ config }) => repair(terminal, config));
}

async function verify(terminal: Terminal, config: string): Promise<void> {
  const snapshot = loadSnapshot(terminal, resolve(terminal.cwd, config));
  const inspection = await inspectLedger(snapshot.ledger.folder, false);
  let found = tellDamage(terminal, snapshot, inspection);
  for (const problem of await damagedSmallFiles(snapshot)) {
    found += 1;
    terminal.out(problem);
  }
  const { folder } = snapshot.usageLog;
  for await (const { file, at, bytes, exchangeId } of damagedLines(folder)) {
    found += 1;
    const what = exchangeId === undefined ? "a record" : `the record of ${exchangeId}`;
    terminal.out(
      `${join(folder, file)}: ${bytes} bytes at byte ${at}: ${what}: reports and sinks pass it over`,
    );
  }
  if (inspection.tornBytes > 0)
    terminal.out(
      `the journal ends in a broken write of ${inspection.tornBytes} bytes: the next start cuts it off`,
    );
  if (found > 0) throw new CommandFailure(`${found} damaged`);
  terminal.out("everything is as it was written");
}

async function repair(terminal: Terminal, config: string): Promise<void> {
  const snapshot = loadSnapshot(terminal, resolve(terminal.cwd, config));
  const { folder } = snapshot.ledger;
  const inspection = await inspectLedger(folder, true);
  if (tellDamage(terminal, snapshot, inspection) === 0) return terminal.out("the ledger is not damaged");
  const { accounts, openHolds, leftOut } = inspection;
  terminal.out(
    `kept: ${accounts} accounts, ${openHolds} open holds, which the next start settles by their records`,
  );
  if (leftOut > 0) terminal.out(`left out: ${leftOut} changes that cannot be told to belong to one account`);
  for (const line of await missingCharges(snapshot, inspection)) terminal.out(line);
}

function tellDamage(terminal: Terminal, { ledger }: Snapshot, { damages }: LedgerInspection): number {
  for (const { file, at, bytes, what } of damages)
    terminal.out(`${join(ledger.folder, file)}: ${bytes} bytes at byte ${at}: ${what}`);
  return damages.length;
}

/** Problems of the files that are replaced whole, and of the audit log. */
async function damagedSmallFiles({ ledger, usageLog }: Snapshot): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const name of ["overrides.json", "calibration.json"]) {
    const path = join(ledger.folder, name);
    const text = await textOf(path);
    if (text === undefined) continue;
    try {
      parseSealed(text);
    } catch (error) {
      problems.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  for (const { name } of usageLog.sinks)
    await readCursor(cursorPath(usageLog.folder, name)).catch((error) => problems.push(String(error)));
  const audit = join(ledger.folder, "audit.jsonl");
  for (const [at, line] of ((await textOf(audit)) ?? "").split("\n").entries())
    if (line !== "" && !isJson(unseal(line))) problems.push(`${audit}: line ${at + 1} is damaged`);
  return problems;
}

/** Charges in the records of exchanges that the repaired ledger does not have, account by account. */
async function missingCharges(
  { usageLog }: Snapshot,
  { knownExchanges, knownSinceMs }: LedgerInspection,
): Promise<readonly string[]> {
  if (knownSinceMs === undefined) return [];
  const sums = new Map<string, { records: number; charged: bigint }>();
  for await (const record of readRecords(usageLog.folder, { sinceMs: knownSinceMs })) {
    if (knownExchanges.has(String(record.exchange_id)) || record.error_code !== undefined) continue;
    for (const [account, charged] of chargesOf(record)) {
      const sum = sums.get(account) ?? { records: 0, charged: 0n };
      sums.set(account, { records: sum.records + 1, charged: sum.charged + charged });
    }
  }
  return [...sums].map(
    ([account, { records, charged }]) => `not charged: ${account}: ${charged} by ${records} records`,
  );
}

function chargesOf({ accounts }: StoredRecord): readonly (readonly [account: string, charged: bigint])[] {
  if (!Array.isArray(accounts)) return [];
  return accounts
    .map((one) => [[one.name, one.key, one.window].join(" "), BigInt(String(one.charged))] as const)
    .filter(([, charged]) => charged > 0n);
}

async function textOf(path: string): Promise<string | undefined> {
  return await readFile(path, "utf8").catch(() => undefined);
}

function isJson(line: string | undefined): boolean {
  try {
    JSON.parse(line ?? "");
    return true;
  } catch {
    return false;
  }
}
