import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { AdminConfig } from "../config/snapshot.ts";
import type { Log } from "../core/log.ts";

/** Bytes of a token file that are read. */
const tokenLengthMax = 1_024;

/** Makes the admin token that a config lacks, for this machine's commands to read; undefined where it has one, or none can be written: then the kernel's word on who connects has to do. */
export async function ownAdminToken(
  { token, tokenFile }: Pick<AdminConfig, "token" | "tokenFile">,
  log: Log,
): Promise<string | undefined> {
  if (token !== undefined) return undefined;
  try {
    return await writeAdminToken(tokenFile);
  } catch (error) {
    log.warn({ file: tokenFile, cause: String(error) }, "the admin token could not be written");
    return undefined;
  }
}

/** Makes a new admin token and writes it into a file that its owner alone can read, in a folder likewise. Rejects with the system's error. */
export async function writeAdminToken(path: string): Promise<string> {
  const token = randomBytes(32).toString("base64url");
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.next`;
  await rm(next, { force: true });
  const file = await open(next, "wx", 0o600);
  try {
    // The umask may have taken the owner's bits too.
    await file.chmod(0o600);
    await file.writeFile(`${token}\n`);
  } finally {
    await file.close();
  }
  await rename(next, path);
  return token;
}

/** Removes the file once its gateway has stopped: what listens on the port next is somebody else. */
export async function removeAdminToken(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}

/** The token in a file that a gateway has written; undefined when there is none to be read. */
export function readAdminToken(path: string): string | undefined {
  try {
    const token = readFileSync(path, "utf8").slice(0, tokenLengthMax).trim();
    return token === "" ? undefined : token;
  } catch {
    return undefined;
  }
}
