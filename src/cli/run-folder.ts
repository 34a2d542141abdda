import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { CommandFailure, type Terminal } from "./terminal.ts";

/**
 * Where Envoy's files, log and sockets go, as an absolute path: `--run-dir`; else `run` beside the config; else, where that cannot be
 * written, a folder of this user's own in the system's temporary folder, always the same one for the same config.
 */
export function chooseRunFolder(terminal: Terminal, configFile: string, runDir: string | undefined): string {
  if (runDir !== undefined) return resolve(terminal.cwd, runDir);
  const beside = join(dirname(configFile), "run");
  if (isWritable(existsSync(beside) ? beside : dirname(configFile))) return beside;
  const folder = temporaryFolder(configFile);
  terminal.err(`${beside} cannot be written: Envoy's files go to ${folder} (--run-dir names another folder)`);
  return folder;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function temporaryFolder(configFile: string): string {
  // Undefined on systems without user ids. os.userInfo() fails for a user without an entry, as containers have.
  const uid = process.getuid?.();
  const digest = createHash("sha256").update(configFile).digest("hex").slice(0, 12);
  const folder = join(tmpdir(), `tollgate-${uid ?? "run"}-${digest}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  // Anyone may have made it before us, to read what is written there.
  if (!found.isDirectory() || (uid !== undefined && found.uid !== uid))
    throw new CommandFailure(`${folder} is another user's: name a folder with --run-dir`);
  return folder;
}
