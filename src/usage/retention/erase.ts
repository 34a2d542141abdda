import { rm } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { replaceFile } from "../../core/replace-file.ts";
import { seal } from "../../core/seal.ts";
import type { Fields } from "../field-type.ts";
import { parseRecord, readLines, type StoredRecord } from "../read.ts";
import { recordTable } from "../record-fields.ts";
import { columnsPath, isCompressed, listSegments } from "../segment.ts";
import { freeSegments } from "./free-segments.ts";

/** Whose records lose what tells who they are about: all whose `field` has this value, e.g. `user_id` and `u-1`. */
export interface Subject {
  readonly field: string;
  readonly value: string;
}

/** The result of an erasure. */
export interface Erasure {
  readonly records: number;
  /** Segments that are still written or delivered and were left alone: erase again when they no longer are. */
  readonly pendingSegments: number;
}

const table: Fields = recordTable;

/**
 * Takes a subject out of a usage log: its records keep their tenant, models, tokens and costs, so that sums stay as they were, and lose
 * the field itself, other fields that point to a person, and the account keys that name it. Receivers of sinks must erase what was delivered to them.
 */
export async function eraseSubject(
  folder: string,
  sinks: readonly string[],
  subject: Subject,
): Promise<Erasure> {
  const free = await freeSegments(folder, sinks);
  let records = 0;
  for (const name of free) records += await eraseIn(folder, name, subject);
  return { records, pendingSegments: (await listSegments(folder)).length - free.length };
}

async function eraseIn(folder: string, name: string, subject: Subject): Promise<number> {
  const path = join(folder, name);
  if (!(await mentions(path, subject))) return 0;
  let erased = 0;
  const rewritten = async function* () {
    for await (const lines of readLines(path)) {
      const text = lines.map((line) => {
        const record = parseRecord(line);
        if (record?.[subject.field] !== subject.value) return `${line}\n`;
        erased += 1;
        return `${seal(JSON.stringify(without(record, subject)))}\n`;
      });
      const bytes = text.join("");
      // Compressed pieces one after the other are one compressed file (RFC 1952).
      yield isCompressed(name) ? gzipSync(bytes) : bytes;
    }
  };
  await rm(columnsPath(folder, name), { force: true });
  await replaceFile(path, rewritten());
  return erased;
}

async function mentions(path: string, { field, value }: Subject): Promise<boolean> {
  for await (const lines of readLines(path))
    if (lines.some((line) => line.includes(JSON.stringify(value)) && parseRecord(line)?.[field] === value))
      return true;
  return false;
}

function without(record: StoredRecord, { field, value }: Subject): StoredRecord {
  const kept = Object.entries(record).flatMap(([name, one]) => {
    if (name !== field && table[name]?.isPersonal !== true) return [[name, one]];
    return table[name]?.presence === "always" ? [[name, null]] : [];
  });
  const accounts = Array.isArray(record.accounts)
    ? { accounts: record.accounts.map((one) => anonymous(one, value)) }
    : {};
  return { ...Object.fromEntries(kept), ...accounts };
}

/** An account's key is `field=value` for each field it is kept by. */
function anonymous(account: StoredRecord, value: string): StoredRecord {
  const { key } = account;
  return typeof key === "string" && key.includes(value)
    ? { ...account, key: key.replaceAll(value, "erased") }
    : account;
}
