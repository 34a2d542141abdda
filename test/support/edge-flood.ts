import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { http2Limits } from "../../src/edge/http2/limits.ts";
import { attacks } from "./edge-attacks.ts";
import { runLoad } from "./edge-load.ts";
import { echo } from "./edge-methods.ts";
import { EdgeProcess } from "./edge-process.ts";

/** How long each attack lasts, and what it may do to honest traffic. */
export interface FloodOptions {
  readonly attackMs: number;
  /** How many times as long as without a flood the p99 of honest calls may be. */
  readonly slowdown: number;
  /** p99 without a flood is taken to be at least this: below it is the scheduler that is measured. */
  readonly leastP99Ms: number;
}

/** Once more before it counts: another process may have had the cores. */
const attempts = 5;
/** What all connections may hold, and as much again for what a collector has not yet swept. */
const memoryGrowthBytes = 2 * http2Limits.heldBytes;

/** Runs every attack against our own edge, beside honest traffic. */
export function floodSuite({ attackMs, slowdown, leastP99Ms }: FloodOptions): void {
  describe("floods beside honest traffic", { timeout: 60 * attackMs + 60_000 }, () => {
    let folder: string;
    let server: EdgeProcess;
    let attacker: ReturnType<typeof startAttacker>;
    let calmRssBytes: number;

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), "edge-flood-"));
      server = await EdgeProcess.start("http2", `unix:${join(folder, "edge.sock")}`, ["--expose-gc"]);
      attacker = startAttacker(join(folder, "edge.sock"));
      await attacker.ready;
      await honest(200);
      calmRssBytes = (await server.usage()).rssBytes;
    });

    after(async () => {
      attacker.stop();
      await server.stop();
      rmSync(folder, { recursive: true });
    });

    const honest = (runMs: number) =>
      runLoad(
        server.address,
        { path: echo.path, messages: [Buffer.alloc(640), Buffer.alloc(2_000), Buffer.alloc(300)] },
        { connections: 1, streams: 100, streamsPerSecond: 200, ending: "reset", warmUpMs: 20, runMs },
      );

    for (const [name, { endsWith }] of Object.entries(attacks))
      it(`${name}: honest calls go on, memory stays bounded${endsWith === undefined ? "" : ", the connection is ended"}`, async (test) => {
        let told = "";
        for (let attempt = 1; ; attempt++) {
          // Anew each time: what else the machine does comes and goes.
          const calm = await honest(Math.max(200, attackMs / 4));
          const limitMs = slowdown * Math.max(leastP99Ms, calm.p99Ms);
          const [beside, outcome] = await Promise.all([honest(attackMs - 40), attacker.run(name, attackMs)]);
          assert.equal(beside.failed, 0);
          if (endsWith !== undefined) assertEnded(outcome.codes, endsWith);
          told = `p99 ${beside.p99Ms.toFixed(1)} ms beside the flood, ${calm.p99Ms.toFixed(1)} ms without`;
          if (beside.streams > 0 && beside.p99Ms <= limitMs) break;
          assert.ok(attempt < attempts, told);
        }
        const grown = (await server.usage()).rssBytes - calmRssBytes;
        assert.ok(grown < memoryGrowthBytes, `grown by ${grown >> 20} MiB`);
        test.diagnostic(`${told}, memory ${grown >> 20} MiB more`);
      });
  });
}

/** Every connection but the last was ended, and by the right error; a client that goes on shouting may be cut off before it has read it. */
function assertEnded(codes: Readonly<Record<string, number>>, expected: number): void {
  const { held = 0, cut = 0, [String(expected)]: told = 0, ...others } = codes;
  assert.ok(held <= 1 && cut + told > 0, JSON.stringify(codes));
  assert.deepEqual(others, {});
}

function startAttacker(socketPath: string) {
  const script = fileURLToPath(new URL("./edge-attacker.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, `unix:${socketPath}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  return {
    ready: once(lines, "line"),
    async run(name: string, ms: number): Promise<{ opened: number; codes: Record<string, number> }> {
      const line = once(lines, "line");
      child.stdin.write(`${ms} ${name}\n`);
      return JSON.parse(String((await line)[0]));
    },
    stop: () => child.stdin.end(),
  };
}
