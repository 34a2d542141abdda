import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { OverrideAction, Scope } from "../route/override.ts";

/** What somebody did by hand, as the audit file has it: one line of JSON each. */
export interface AuditEntry {
  /** ISO 8601. */
  readonly time: string;
  readonly action: string;
  /** Who asked, by their own word. */
  readonly by: string;
  /** The address that the request came from. */
  readonly from: string;
  /** Set on a second line, when what the first says was not done after all. */
  readonly failed?: string;
}

/** What was done to an account. */
export interface AccountAudit extends AuditEntry {
  readonly action: "reset" | "grant" | "raise";
  /** The account's id. */
  readonly account: string;
  /** What was added to the limit, in the account's unit. */
  readonly amount?: string;
}

/** What was ordered over config and health, or taken back. */
export interface OverrideAudit extends AuditEntry {
  readonly action: OverrideAction | "lift";
  /** The override's id. */
  readonly override: string;
  readonly scope?: Scope;
  readonly reason?: string;
  /** ISO 8601; absent: until it is lifted. */
  readonly until?: string;
}

/** Appends to an audit file, made when missing; resolves when the entry is on the disk. */
export async function appendAudit(path: string, entry: AuditEntry): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "a", 0o600);
  try {
    await file.appendFile(`${JSON.stringify(entry)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}
