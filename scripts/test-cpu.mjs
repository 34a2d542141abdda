// Loaded into every test file's process: says at its end what it used, with the processes that it started and waited for.
import { readFileSync, writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/** `getconf CLK_TCK` of every Linux that Node runs on. */
const ticksPerSecond = 100;

if (isMainThread && process.env.NODE_TEST_CONTEXT === "child-v8") {
  process.on("exit", () => writeSync(1, `\ncpu_ms ${Math.round(cpuMs())}\n`));
}

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 + childrenMs();
}

/** Fields 16 and 17 of proc_pid_stat(5), counted from behind the program's name, which may hold blanks. 0 where there is no such file. */
function childrenMs() {
  try {
    const stat = readFileSync("/proc/self/stat", "latin1");
    const [user = 0, system = 0] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(13, 15)
      .map(Number);
    return ((user + system) * 1000) / ticksPerSecond;
  } catch {
    return 0;
  }
}
