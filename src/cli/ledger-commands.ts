import { readFile, rename } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import type { Snapshot } from "../config/snapshot.ts";
import { parseSealed, unseal } from "../core/seal.ts";
import { recordedCharges } from "../exchange/settle/recorded-charges.ts";
import type { AppliedCharges } from "../ledger/missing-charges.ts";
import { rebuildLedger } from "../ledger/rebuild.ts";
import { inspectLedger, type LedgerInspection, repairLedger } from "../ledger/repair.ts";
import { cursorPath, readCursor } from "../usage/sink/cursor.ts";
import { damagedLines } from "../usage/verify.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** Adds the commands that verify and repair the gateway's files. */
export function addLedgerCommands(program: Command, terminal: Terminal): void {
  const ledger = program.command("ledger").description("verify and repair the gateway's files");
  const config = () =>
    new Option("-c, --config <file>", "the gateway's config file").default("tollgate.yaml");
  ledger
    .command("verify")
    .description("check ledger, overrides, calibration, audit log, cursors and usage log for damage")
    .addOption(config())
    .action(({ config }) => verify(terminal, config));
  ledger
    .command("repair")
    .description(
      "rebuild a damaged ledger from its readable parts and the usage log; damaged files are kept as *.damaged",
    )
    .addOption(config())
    .action(({ config }) => repair(terminal, config));
  ledger
    .command("rebuild")
    .description(
      "make a lost ledger again from the usage log: what its records charged to windows that still run",
    )
    .addOption(config())
    .action(({ config }) => rebuild(terminal, config));
}

async function verify(terminal: Terminal, config: string): Promise<void> {
  const snapshot = loadSnapshot(terminal, resolve(terminal.cwd, config));
  const inspection = await inspectLedger(snapshot.ledger.folder);
  let found = tellDamage(terminal, snapshot, inspection);
  for (const { problem } of await damagedSmallFiles(snapshot)) {
    found += 1;
    terminal.out(problem);
  }
  const { folder } = snapshot.usageLog;
  for await (const { file, at, bytes, exchangeId } of damagedLines(folder)) {
    found += 1;
    const what = exchangeId === undefined ? "a record" : `the record of ${exchangeId}`;
    terminal.out(`${join(folder, file)}: ${bytes} bytes at byte ${at}: ${what}: reports and sinks skip it`);
  }
  if (inspection.tornBytes > 0)
    terminal.out(
      `the journal ends in a broken write of ${inspection.tornBytes} bytes; the next start truncates it`,
    );
  if (found > 0) throw new CommandFailure(`${found} damaged`);
  terminal.out("no damage found");
}

async function repair(terminal: Terminal, config: string): Promise<void> {
  const snapshot = loadSnapshot(terminal, resolve(terminal.cwd, config));
  const inspection = await repairLedger(snapshot.ledger.folder, recordedCharges(snapshot));
  const damaged = tellDamage(terminal, snapshot, inspection);
  if (damaged === 0) terminal.out("the ledger is not damaged");
  else tellRepair(terminal, inspection);
  for (const { path, problem, without } of await damagedSmallFiles(snapshot)) {
    terminal.out(problem);
    if (without === undefined) continue;
    await rename(path, `${path}.damaged`);
    terminal.out(`${path}: now ${path}.damaged: ${without}`);
  }
}

async function rebuild(terminal: Terminal, config: string): Promise<void> {
  const snapshot = loadSnapshot(terminal, resolve(terminal.cwd, config));
  const { accounts, charges } = await rebuildLedger(snapshot.ledger.folder, recordedCharges(snapshot));
  terminal.out(`${snapshot.ledger.folder}: made again with ${accounts} accounts`);
  for (const charge of charges) terminal.out(tellCharges(charge));
}

function tellRepair(terminal: Terminal, { accounts, openHolds, leftOut, charges }: LedgerInspection): void {
  terminal.out(
    `kept: ${accounts} accounts, ${openHolds} open holds, which the next start settles by their records`,
  );
  if (leftOut > 0) terminal.out(`left out: ${leftOut} changes that cannot be assigned to an account`);
  for (const charge of charges) terminal.out(tellCharges(charge));
}

function tellDamage(terminal: Terminal, { ledger }: Snapshot, { damages }: LedgerInspection): number {
  for (const { file, at, bytes, what } of damages)
    terminal.out(`${join(ledger.folder, file)}: ${bytes} bytes at byte ${at}: ${what}`);
  return damages.length;
}

/** A file that is replaced whole, or the audit log, and what is wrong with it. */
interface DamagedFile {
  readonly path: string;
  readonly problem: string;
  /** The consequence of removing it in a repair; undefined if a repair leaves it alone. */
  readonly without: string | undefined;
}

const withoutFile: Readonly<Record<string, string>> = {
  "overrides.json": "no override is in force any more; set those that are still needed again",
  "calibration.json": "calibration of token counts starts again",
};

async function damagedSmallFiles({ ledger, usageLog }: Snapshot): Promise<readonly DamagedFile[]> {
  const damaged: DamagedFile[] = [];
  for (const [name, without] of Object.entries(withoutFile)) {
    const path = join(ledger.folder, name);
    const text = await textOf(path);
    if (text === undefined) continue;
    try {
      parseSealed(text);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      damaged.push({ path, problem: `${path}: ${why}`, without });
    }
  }
  for (const { name } of usageLog.sinks) {
    const path = cursorPath(usageLog.folder, name);
    const without = "the sink receives every record of the log again; exchange_id identifies duplicates";
    await readCursor(path).catch((error) => damaged.push({ path, problem: String(error), without }));
  }
  const path = join(ledger.folder, "audit.jsonl");
  for (const [at, line] of ((await textOf(path)) ?? "").split("\n").entries())
    if (line !== "" && !isJson(unseal(line)))
      damaged.push({ path, problem: `${path}: line ${at + 1} is damaged`, without: undefined });
  return damaged;
}

function tellCharges({ account, records, charged, unknown }: AppliedCharges): string {
  if (unknown === 0n) return `charged again: ${account}: ${charged} by ${records} records`;
  return `not charged: ${account}: ${unknown} by ${records} records: the config has no such limit or budget`;
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
