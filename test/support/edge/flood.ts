import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { http2Limits } from "../../../src/edge/http2/limits.ts";
import { measuredCpu, moveToCpu, otherCpu, whenIdle } from "../measure/cpu.ts";
import { medianAndBest } from "../measure/median-and-best.ts";
import { programArgs } from "../stack/program.ts";
import { attacks } from "./attacks.ts";
import { type LoadResult, runLoad } from "./load.ts";
import { echo } from "./methods.ts";
import { EdgeProcess } from "./process.ts";

/** How long each attack lasts, and what it may do to honest traffic. */
export interface FloodOptions {
  readonly attackMs: number;
  /**
   * How many times as long as without the attack, before and after it, the p99 of honest calls may be: medians over windows, so that
   * what else the machine does now and then counts for neither. Undefined: nothing is timed.
   */
  readonly slowdown?: number;
}

/** What all connections may hold, and as much again for what a collector has not yet swept. */
const memoryGrowthBytes = 2 * http2Limits.heldBytes;
const honestPerSecond = 500;

/** Runs every attack against our own edge, beside honest traffic. */
export function floodSuite({ attackMs, slowdown }: FloodOptions): void {
  describe("floods beside honest traffic", { timeout: 60 * attackMs + 240_000 }, () => {
    let folder: string;
    let server: EdgeProcess;
    let attacker: ReturnType<typeof startAttacker>;
    let calmRssBytes: number;

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), "edge-flood-"));
      const isTimed = slowdown !== undefined;
      // The server has a core; its honest client, this process, has another, of which the attacker takes what is left.
      if (isTimed) moveToCpu(otherCpu);
      const cpu = isTimed ? measuredCpu : undefined;
      // On its one core, V8's threads for garbage would only get in its way.
      const flags = [isTimed ? "--single-threaded-gc" : "--expose-gc"];
      server = await EdgeProcess.start("http2", `unix:${join(folder, "edge.sock")}`, flags, cpu);
      attacker = startAttacker(join(folder, "edge.sock"), isTimed);
      await attacker.ready;
      if (isTimed) await warmUp();
      else await honest(200);
      calmRssBytes = (await server.usage()).rssBytes;
    });

    after(async () => {
      attacker.stop();
      await server.stop();
      rmSync(folder, { recursive: true });
    });

    const honest = async (runMs: number, perSecond = honestPerSecond, tries = 20): Promise<LoadResult> => {
      const result = await runLoad(
        server.address,
        { path: echo.path, messages: [Buffer.alloc(640), Buffer.alloc(2_000), Buffer.alloc(300)] },
        {
          connections: 1,
          streams: 100,
          streamsPerSecond: perSecond,
          ending: "reset",
          warmUpMs: 20,
          runMs,
        },
      );
      assert.equal(result.failed, 0);
      // Untimed, other tests may have had the processors all the while.
      if (result.streams === 0 && slowdown === undefined && tries > 1)
        return honest(runMs, perSecond, tries - 1);
      assert.ok(result.streams > 0);
      return result;
    };

    /** Until V8 has compiled what honest calls and each attack run through, it stops everything now and then. */
    const warmUp = async () => {
      await honest(3_000, 10 * honestPerSecond);
      for (const name of [...Object.keys(attacks), ...Object.keys(attacks)]) {
        const attack = attacker.run(name, 700);
        await honest(700);
        await attack;
      }
      await honest(4_000);
    };

    const windowMs = Math.min(longestWindowMs, attackMs);
    const windows = async (count: number): Promise<readonly number[]> => {
      const p99Ms: number[] = [];
      while (p99Ms.length < count) p99Ms.push((await honest(windowMs)).p99Ms);
      return p99Ms;
    };

    for (const [name, { endsWith }] of Object.entries(attacks))
      it(`${name}: honest calls go on, memory stays bounded${endsWith === undefined ? "" : ", the connection is ended"}`, async (test) => {
        const calmMs = slowdown === undefined ? [] : [...(await windows(calmWindows))];
        const attack = attacker.run(name, beforeHonestMs + attackMs + afterHonestMs);
        await delay(beforeHonestMs);
        const besideMs = await windows(Math.ceil(attackMs / windowMs));
        const { codes } = await attack;
        if (endsWith !== undefined) assertEnded(codes, endsWith);
        const grown = (await server.usage()).rssBytes - calmRssBytes;
        assert.ok(grown < memoryGrowthBytes, `grown by ${grown >> 20} MiB`);
        test.diagnostic(`memory ${grown >> 20} MiB more`);
        if (slowdown === undefined) return;
        await delay(aftermathMs);
        calmMs.push(...(await windows(calmWindows)));
        const ratio = median(besideMs) / median(calmMs);
        const told = `p99 ${listed(besideMs)} ms beside the flood, ${listed(calmMs)} ms without: ${ratio.toFixed(2)} times`;
        test.diagnostic(told);
        assert.ok(ratio <= slowdown, told);
      });
  });
}

/** An attack begins before what is measured beside it, which is not the opening of a thousand connections at once, and ends after. */
const beforeHonestMs = 300;
const afterHonestMs = 400;
/** What an attack leaves behind, a thousand closed connections perhaps, is over when it is calm. */
const aftermathMs = 300;
const longestWindowMs = 2_000;
/** Before each attack, and after. */
const calmWindows = 3;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function listed(values: readonly number[]): string {
  return medianAndBest(values, Math.min, 2);
}

/** Every connection but the last was ended, and by the right error; a client that goes on shouting may be cut off before it has read it. */
function assertEnded(codes: Readonly<Record<string, number>>, expected: number): void {
  const { held = 0, cut = 0, [String(expected)]: told = 0, ...others } = codes;
  assert.ok(held <= 1 && cut + told > 0, JSON.stringify(codes));
  assert.deepEqual(others, {});
}

function startAttacker(socketPath: string, isTimed: boolean) {
  // It is the server that is to be kept busy, not the honest client on the same machine. Untimed it must not be starved by other tests.
  const args = [...programArgs("test/support/edge/attacker"), `unix:${socketPath}`];
  const [command, commandArgs] = isTimed ? whenIdle(process.execPath, args) : [process.execPath, args];
  const child = spawn(command, commandArgs, { stdio: ["pipe", "pipe", "inherit"] });
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
