import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const goneWithinMs = 5_000;
const pollMs = 10;

/** The file that holds the pid of the Envoy of a run folder while it runs. */
export function pidFileIn(folder: string): string {
  return join(folder, "envoy.pid");
}

/** The file into which the Envoy of a run folder writes where its admin interface is. */
export function adminFileIn(folder: string): string {
  return join(folder, "envoy.admin");
}

/**
 * Ends the Envoy that a killed run in the same folder left behind, and waits until it is gone: it would share its port with the next
 * one, and send it half of the clients. A process that only has its pid is left alone.
 */
export async function endStaleEnvoy(folder: string): Promise<void> {
  const file = pidFileIn(folder);
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, "utf8"));
  if (Number.isInteger(pid) && pid > 1) await endEnvoy(folder, pid);
  rmSync(file, { force: true });
}

async function endEnvoy(folder: string, pid: number): Promise<void> {
  const deadline = performance.now() + goneWithinMs;
  while (isEnvoyOf(folder, pid)) {
    if (performance.now() > deadline)
      throw new Error(`the Envoy of an earlier run, process ${pid}, does not end`);
    process.kill(pid, "SIGKILL");
    await delay(pollMs);
  }
}

/** Told by its command line, which names the folder, and not by its binary, which may have been replaced since. */
function isEnvoyOf(folder: string, pid: number): boolean {
  return commandLineOf(pid).includes(adminFileIn(folder));
}

/** Empty for a process that is gone. */
function commandLineOf(pid: number): string {
  try {
    if (existsSync("/proc/self/cmdline")) return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
  } catch {
    return "";
  }
}
