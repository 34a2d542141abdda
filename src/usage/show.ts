import { formatUsd } from "../core/money.ts";
import type { Field, Presence } from "./field-type.ts";
import { label } from "./label.ts";
import type { StoredRecord } from "./read.ts";
import { recordTable } from "./record-fields.ts";
import { nanoUsdOf } from "./sums.ts";

/** One record for people: what is known of the exchange, its attempts, where its time went, and what its accounts were charged. */
export function showRecord(record: StoredRecord): string {
  const facts = Object.entries(record).filter(([name, value]) => !hasParts(value) && !moneyFields.has(name));
  const money = [...moneyFields].filter(([name]) => record[name] !== undefined);
  return [
    ...aligned([
      ...facts.map(([name, value]) => [name, shown(value)]),
      ...money.map(([name, title]) => [title, `${formatUsd(nanoUsdOf(record[name]))} USD`]),
    ]),
    ...section("attempts", partsOf(record.attempts).map(attemptCells)),
    ...section(
      "milliseconds",
      Object.entries(objectOf(record.stage_ms)).map(([name, ms]) => [name, shown(ms)]),
    ),
    ...section("accounts", partsOf(record.accounts).map(accountCells)),
    "",
  ].join("\n");
}

/** Amounts in nano-USD, and what they are called in dollars. */
const moneyFields: ReadonlyMap<string, string> = new Map(
  Object.entries<Field<unknown, Presence>>(recordTable)
    .filter(([, { type }]) => type.isMoney)
    .map(([name]) => [
      name,
      name === "cost_max_nano_usd"
        ? "cost may differ by"
        : name.replace("_nano_usd", "").replaceAll("_", " "),
    ]),
);

function attemptCells(attempt: StoredRecord): readonly string[] {
  const usage = objectOf(attempt.usage);
  return [
    shown(attempt.target),
    shown(attempt.status),
    shown(attempt.class ?? "answered"),
    `${shown(attempt.ms)} ms`,
    `${shown(usage.input_tokens)} in`,
    `${shown(usage.output_tokens)} out`,
    `${formatUsd(nanoUsdOf(attempt.cost_nano_usd))} USD`,
  ];
}

function accountCells(account: StoredRecord): readonly string[] {
  return [shown(account.name), shown(account.key), shown(account.window), shown(account.charged)];
}

function section(title: string, rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : ["", title, ...aligned(rows).map((line) => `  ${line}`)];
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function shown(value: unknown): string {
  return value === null || value === undefined ? "–" : label(String(value));
}

function hasParts(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function partsOf(value: unknown): readonly StoredRecord[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

function objectOf(value: unknown): StoredRecord {
  return typeof value === "object" && value !== null ? (value as StoredRecord) : {};
}
