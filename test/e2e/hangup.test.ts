import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { packageRoot } from "../../src/core/asset.ts";
import { until } from "../support/core/until.ts";
import { envoyBinary } from "../support/envoy/envoy-binary.ts";
import { programArgs } from "../support/stack/program.ts";
import { createTestConfig, type TestConfig } from "../support/stack/test-config.ts";
import { collect, isRunning } from "../support/stack/tollgate-process.ts";

describe("a SIGHUP while the program starts", () => {
  let prepared: TestConfig;
  before(async () => {
    prepared = await createTestConfig();
  });
  after(() => prepared.close());

  for (const verb of ["up", "serve"])
    it(`is a reload that comes early, however often it comes before \`ready\`: ${verb}`, async () => {
      const args = [...programArgs("src/main"), verb, "-c", prepared.file, "--log-level", "warn"];
      const child = spawn(process.execPath, args, {
        cwd: packageRoot,
        env: { ...process.env, ...prepared.env, ENVOY_BIN: await envoyBinary() },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const [out, errors] = [collect(child.stdout), collect(child.stderr)];
      const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
        child.once("close", (code, signal) => resolve(signal ?? code));
      });
      const { pid } = child;
      assert.ok(pid !== undefined);
      try {
        // Until Node runs the program, which takes the signal first of all, nothing can.
        await until("the program takes signals", () => catchesHangups(pid));
        let sent = 0;
        const hangups = setInterval(() => {
          sent += 1;
          if (!/^ready /m.test(out())) child.kill("SIGHUP");
        }, 5);
        try {
          await until("it is ready", () => /^ready /m.test(out()) || !isRunning(pid), 30_000);
        } finally {
          clearInterval(hangups);
        }
        assert.ok(isRunning(pid), errors());
        assert.ok(sent > 5, `${sent} sent`);
        const [, adminUrl] = /^ready \S+ admin=(\S+)$/m.exec(out()) ?? [];
        assert.equal((await fetch(`${adminUrl}/livez`)).status, 200);
        const envoyPid = verb === "up" ? envoyPidOf(prepared) : undefined;
        child.kill("SIGTERM");
        assert.equal(await ended, 0, errors());
        if (envoyPid !== undefined) assert.equal(isRunning(envoyPid), false);
      } finally {
        child.kill("SIGKILL");
      }
    });
});

function envoyPidOf({ folder }: TestConfig): number {
  return Number(readFileSync(join(folder, "run", "envoy.pid"), "utf8"));
}

/** Whether a process has a handler for SIGHUP, which is signal 1. */
function catchesHangups(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return (BigInt(`0x${caught}`) & 1n) === 1n;
}
