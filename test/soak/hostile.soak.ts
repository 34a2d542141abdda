import assert from "node:assert/strict";
import { loadavg } from "node:os";
import { describe, it } from "node:test";
import { type HonestTraffic, undergoAttack } from "../support/hostile/hostile.ts";

const minutes = Number(process.env.SOAK_MINUTES ?? 10);
const gatewayBytesMax = 2_000_000_000;
const envoyBytesMax = 1_000_000_000;

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function rowOf(part: string, { asked, failures, p50Ms, p99Ms, slowestMs }: HonestTraffic): string {
  const answered = (((asked - failures.length) / asked) * 100).toFixed(2);
  return `| ${part} | ${asked} | ${answered} % | ${p50Ms.toFixed(1)} | ${p99Ms.toFixed(1)} | ${slowestMs.toFixed(0)} |`;
}

describe(`${minutes} minutes of mixed attack by one tenant`, () => {
  it("leaves another's honest traffic whole and in time, and the memory bounded", {
    timeout: (3 * minutes + 5) * 60_000,
  }, async (test) => {
    const before = loadavg();
    const { calm, attacked, control, bouts, gateway, envoy } = await undergoAttack({
      warmUpMs: 5_000,
      rounds: Math.max(1, Math.round(minutes * 2)),
      calmMs: 15_000,
      attackMs: 30_000,
      controlMs: 15_000,
      apart: true,
      ...(process.env.SOAK_ATTACK === undefined ? {} : { attack: process.env.SOAK_ATTACK }),
    });
    const load = (values: readonly number[]): string => values.map((one) => one.toFixed(1)).join(", ");
    test.diagnostic(`load average before ${load(before)}; after ${load(loadavg())}`);
    test.diagnostic("| honest traffic | requests | answered 200 | p50, ms | p99, ms | slowest, ms |");
    test.diagnostic(rowOf("calm", calm));
    test.diagnostic(rowOf("under attack", attacked));
    if (control !== undefined) test.diagnostic(rowOf("while a plain Envoy beside is attacked", control));
    for (const [name, count] of bouts) test.diagnostic(`| ${name} | ${count} |`);
    for (const [name, { beforeBytes, mostBytes }] of Object.entries({ gateway, envoy }))
      test.diagnostic(`RSS of ${name}: ${mb(beforeBytes)} MB before, ${mb(mostBytes)} MB at most`);
    assert.deepEqual(attacked.failures, []);
    assert.ok(gateway.mostBytes < gatewayBytesMax && envoy.mostBytes < envoyBytesMax);
    assert.ok(attacked.p99Ms <= 2 * calm.p99Ms, `p99 ${attacked.p99Ms} ms, calm ${calm.p99Ms} ms`);
  });
});
