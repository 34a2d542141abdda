/**
 * The usage log's costs: pricing and writing a record, a steady 20,000 records a second, and reports over a large log.
 * `npm run bench:usage [-- records of the report, 10000000]` prints what results/usage.md keeps.
 */
import { copyFile, mkdtemp, rm, stat, truncate, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/core/clock.ts";
import { uuidv7 } from "../../src/core/uuid.ts";
import { costOf, type Rate } from "../../src/price/rate.ts";
import { openUsageLog } from "../../src/usage/log.ts";
import { serialise, usdOf } from "../../src/usage/record.ts";
import { reportLog } from "../../src/usage/report-log.ts";
import { hourOf, segmentName } from "../../src/usage/segment.ts";
import { fullRecord } from "../support/usage/usage-records.ts";

const rate: Rate = {
  input: 3_000_000n,
  cachedInput: 300_000n,
  output: 15_000_000n,
  tiers: [],
  version: "bench",
};
const startMs = Date.parse("2026-11-01T00:00:00Z");
const models = ["gpt-4.1", "gpt-4.1-mini", "claude-sonnet-4-5", "fast"];

/** Prices an exchange and serialises its record, as settlement does. */
function line(n: number, timeMs: number): string {
  const usage = { inputTokens: 100 + (n % 3_000), outputTokens: n % 800, cachedInputTokens: n % 100 };
  const costNanoUsd = costOf(rate, usage);
  return serialise({
    ...fullRecord,
    exchange_id: uuidv7(timeMs),
    time: new Date(timeMs).toISOString(),
    tenant_id: `tenant-${(n * 7_919) % 200}`,
    user_id: `user-${(n * 31) % 5_000}`,
    requested_model: models[n % models.length] ?? "",
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cached_input_tokens: usage.cachedInputTokens,
    cost_nano_usd: costNanoUsd.toString(),
    estimated_cost_usd: usdOf(costNanoUsd),
  });
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tollgate-bench-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function settlement(folder: string): Promise<void> {
  const log = await openUsageLog({ folder, clock: systemClock });
  const micros: number[] = [];
  for (let n = 0; n < 40_000; n++) {
    const began = performance.now();
    log.append(line(n, startMs + n));
    micros.push((performance.now() - began) * 1_000);
    if (n % 1_000 === 999) await log.flush();
  }
  await log.close();
  const sorted = micros.slice(20_000).sort((left, right) => left - right);
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
  console.log(`settle: price, serialise and append one record: p50 ${at(0.5)} µs, p99 ${at(0.99)} µs`);
}

async function steady(folder: string, recordsPerSecond: number, seconds: number): Promise<void> {
  const log = await openUsageLog({ folder, clock: systemClock });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  let queuedMax = 0;
  let n = 0;
  delay.enable();
  while (performance.now() - began < seconds * 1_000) {
    const due = Math.floor(((performance.now() - began) / 1_000) * recordsPerSecond);
    for (; n < due; n++) log.append(line(n, startMs + n));
    queuedMax = Math.max(queuedMax, log.health().queuedRecords);
    await sleep(1);
  }
  delay.disable();
  const { user, system } = process.cpuUsage(cpuBefore);
  await log.close();
  const { refusedRecords, syncedRecords } = log.health();
  const lag = (share: number) => (delay.percentile(share) / 1e6).toFixed(1);
  console.log(
    `log: ${(n / seconds).toFixed(0)} records/s for ${seconds} s, ${syncedRecords} synced, ${refusedRecords} refused, at most ${queuedMax} waiting; ` +
      `CPU ${((user + system) / 1e4 / seconds).toFixed(0)} % of a core; event loop p50 ${lag(50)} ms, p99 ${lag(99)} ms`,
  );
}

/** One real segment, then copies of its columns beside segments of the same size that hold nothing. */
async function largeReport(folder: string, records: number): Promise<void> {
  const perSegment = 60_000;
  const name = (hour: number) => segmentName({ hour: hourOf(startMs + hour * 3_600_000), number: 1 });
  const columns = (segment: string) => join(folder, segment.replace("jsonl", "columns"));
  const text = Array.from({ length: perSegment }, (_, n) => `${line(n, startMs + n * 60)}\n`).join("");
  await writeFile(join(folder, name(0)), text);
  await writeFile(join(folder, name(1)), "");
  const by = ["tenant_id", "requested_model"];
  const timed = async (what: string) => {
    const began = performance.now();
    const { rows, total } = await reportLog(folder, {}, by);
    const seconds = ((performance.now() - began) / 1_000).toFixed(2);
    console.log(
      `report: ${total.exchanges} records by ${by.join(", ")} (${rows.length} rows), ${what}: ${seconds} s`,
    );
  };
  await timed("reading the records once");
  const { size } = await stat(join(folder, name(0)));
  const segments = Math.ceil(records / perSegment);
  for (let hour = 1; hour < segments; hour++) {
    await writeFile(join(folder, name(hour)), "");
    await truncate(join(folder, name(hour)), size);
    await copyFile(columns(name(0)), columns(name(hour)));
  }
  await writeFile(join(folder, name(segments)), "");
  await timed("from columns");
  await timed("from columns again");
  const share = (await stat(columns(name(0)))).size / size;
  console.log(`columns: ${(share * 100).toFixed(1)} % of the log's size`);
}

console.log(
  `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model}, ${new Date().toISOString().slice(0, 10)}`,
);
await inFolder(settlement);
await inFolder((folder) => steady(folder, 20_000, 10));
await inFolder((folder) => largeReport(folder, Number(process.argv[2] ?? 10_000_000)));
