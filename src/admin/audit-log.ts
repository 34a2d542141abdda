import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { seal } from "../core/seal.ts";
import type { OverrideAction, Scope } from "../route/override.ts";

/** A manual change, as one line of JSON in the audit file. */
export interface AuditEntry {
  /** ISO 8601. */
  readonly time: string;
  readonly action: string;
  /** The operator, by their own word. */
  readonly by: string;
  /** The address that the request came from. */
  readonly from: string;
  /** Set on a second line, when what the first says was not done after all. */
  readonly failed?: string;
}

/** A change to an account. */
export interface AccountAudit extends AuditEntry {
  readonly action: "reset" | "grant" | "raise";
  /** The account's id. */
  readonly account: string;
  /** The amount added to the limit, in the account's unit. */
  readonly amount?: string;
}

/** An override that was set or lifted. */
export interface OverrideAudit extends AuditEntry {
  readonly action: OverrideAction | "lift";
  /** The override's id. */
  readonly override: string;
  readonly scope?: Scope;
  readonly reason?: string;
  /** ISO 8601; absent: until it is lifted. */
  readonly until?: string;
}

const newline = 0x0a;

/** Appends to an audit file, made when missing, a line with a checksum; resolves when the entry is on the disk. */
export async function appendAudit(path: string, entry: AuditEntry): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "a+", 0o600);
  try {
    const line = `${seal(JSON.stringify(entry))}\n`;
    // A line that a full disk cut short must not spoil this entry.
    await file.appendFile((await endsInLine(file)) ? line : `\n${line}`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** True if a file is empty or its last line is complete. */
async function endsInLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === newline;
}
