import { execFileSync } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { TestConfig } from "../stack/test-config.ts";
import { isRunning } from "../stack/tollgate-process.ts";

/** What is wrong with the machine of a process; nothing where it is empty. */
interface Faults {
  /** How far the wall clock is ahead; below 0: behind. */
  skewMs?: number;
  disk?: "read-only" | "slow";
}

/** A fault of the machine that begins and ends while a gateway runs. */
export type MachineFault = "full" | "read-only" | "slow" | "gone" | "clock";

const dayMs = 86_400_000;

/**
 * Preloaded by the gateway's process: it looks every few milliseconds for the faults that its test wants, and plays them on the wall clock and
 * on the calls by which files are written.
 */
const preloaded = `
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const file = new URL("./faults.json", import.meta.url);
let faults = {};
setInterval(() => {
  try { faults = JSON.parse(fs.readFileSync(file, "utf8")); } catch {}
}, 10).unref();

const now = Date.now;
Date.now = () => now() + (faults.skewMs ?? 0);

const { fdatasync, writeSync, openSync } = fs;
const readOnly = () => Object.assign(new Error("EROFS: read-only file system"), { code: "EROFS" });
fs.fdatasync = (fd, done) =>
  faults.disk === "slow" ? void setTimeout(() => fdatasync(fd, done), 40) : fdatasync(fd, done);
fs.writeSync = (fd, ...rest) => {
  if (faults.disk === "read-only" && fd > 2) throw readOnly();
  return writeSync(fd, ...rest);
};
fs.openSync = (path, flags, ...rest) => {
  if (faults.disk === "read-only" && flags !== undefined && flags !== "r" && flags !== 0) throw readOnly();
  return openSync(path, flags, ...rest);
};
syncBuiltinESMExports();
`;

/** Plays faults of the machine on a gateway's process: its disk and its wall clock. */
export class FaultyMachine {
  readonly #config: TestConfig;
  readonly #faults: Faults = {};
  #limitedPid: number | undefined;

  constructor(config: TestConfig) {
    this.#config = config;
    writeFileSync(join(config.folder, "faults.mjs"), preloaded);
    this.#write();
  }

  /** The config whose processes have the faults. */
  get config(): TestConfig {
    const preload = pathToFileURL(join(this.#config.folder, "faults.mjs")).href;
    return { ...this.#config, env: { ...this.#config.env, NODE_OPTIONS: `--import=${preload}` } };
  }

  begin(fault: MachineFault, pid: number): void {
    if (fault === "full") this.#limit(pid);
    else if (fault === "gone") renameSync(this.#ledger, `${this.#ledger}-away`);
    else {
      // Ahead or behind, so that the month stays the same, which is the window of the accounts.
      if (fault === "clock") this.#faults.skewMs = new Date().getUTCDate() <= 15 ? 2 * dayMs : -2 * dayMs;
      else this.#faults.disk = fault;
      this.#write();
    }
  }

  end(fault: MachineFault): void {
    if (fault === "full") this.#unlimit();
    else if (fault === "gone") renameSync(`${this.#ledger}-away`, this.#ledger);
    else {
      if (fault === "clock") delete this.#faults.skewMs;
      else delete this.#faults.disk;
      this.#write();
    }
  }

  get #ledger(): string {
    return this.#config.snapshot.ledger.folder;
  }

  #write(): void {
    writeFileSync(join(this.#config.folder, "faults.json"), JSON.stringify(this.#faults));
  }

  #limit(pid: number): void {
    this.#limitedPid = pid;
    setFileLimit(pid, "0");
  }

  #unlimit(): void {
    const pid = this.#limitedPid;
    this.#limitedPid = undefined;
    if (pid !== undefined && isRunning(pid)) setFileLimit(pid, "unlimited");
  }
}

/** Sets the largest size of the files that a process may write; the rest of its limits, and its children's, stay. */
function setFileLimit(pid: number, bytes: "0" | "unlimited"): void {
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:unlimited`]);
}
