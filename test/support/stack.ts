import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type LocalStack, startLocalStack } from "../../src/cli/local-stack.ts";
import { loadConfig } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";
import type { Snapshot } from "../../src/config/snapshot.ts";
import { packageRoot } from "../../src/core/asset.ts";
import { createLog } from "../../src/core/log.ts";
import type { EdgeFactory } from "../../src/edge/edge.ts";
import {
  type FakeProvider,
  type FakeProviderOptions,
  startFakeProvider,
} from "../../src/fake/fake-provider.ts";
import { readRecords, type StoredRecord } from "../../src/usage/read.ts";
import { findEnvoy } from "../../src/xds/envoy-binary.ts";

/** Everything a request passes, real, on ports the kernel gave; gone when the test ends. */
export interface TestStack {
  readonly stack: LocalStack;
  readonly snapshot: Snapshot;
  readonly folder: string;
  /** What an OpenAI SDK would be given as its base URL. */
  readonly baseUrl: string;
  readonly alpha: FakeProvider;
  readonly beta: FakeProvider;
  /** Every record so far; waits until there are at least `count`. */
  records(count: number, withinMs?: number): Promise<readonly StoredRecord[]>;
  /** The record of the exchange with this id; waits until it is there. */
  record(exchangeId: string | null, withinMs?: number): Promise<StoredRecord>;
  /** The newest record once `work` has been done; waits for it. */
  recordOf(work: () => Promise<unknown>): Promise<StoredRecord>;
  /** What the admin interface says of a metric without labels. */
  metric(name: string): Promise<number>;
  /** Waits until no exchange and no hold is open. */
  idle(): Promise<void>;
  stop(drainMs?: number): Promise<void>;
}

/** How a test's stack differs from the ordinary one. */
export interface TestStackOptions {
  /** The config, given where the fake providers are; `{{alpha}}` and `{{beta}}` stand for their base URLs, `{{alpha.port}}` and `{{beta.port}}` for their ports. */
  readonly config?: string;
  readonly alpha?: FakeProviderOptions;
  readonly beta?: FakeProviderOptions;
  /** More files beside the config, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly keys?: Readonly<Record<string, string>>;
  readonly edge?: EdgeFactory;
}

/** Two backends behind one model, priced so that sums are easy; keys `key-acme` and `key-tiny`. */
export const ordinaryConfig = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 3, output: 4 } }
models:
  both: { targets: [alpha/model-a, beta/model-b] }
  one: { targets: [alpha/model-a] }
  quick: { targets: [alpha/model-a, beta/model-b], timeouts: { attempt: 300ms } }
identity:
  - { type: api-key, file: ./keys.yaml }
`;

/** Starts fakes, gateway and Envoy for one test file; the test's end takes them down. */
export async function startTestStack(
  context: Pick<TestContext, "after"> | { after(stop: () => Promise<void>): void },
  options: TestStackOptions = {},
): Promise<TestStack> {
  const folder = mkdtempSync(join(tmpdir(), "tg-"));
  const alpha = await startFakeProvider({
    name: "alpha",
    apiKey: "alpha-secret",
    journalBodies: true,
    journalCredentials: true,
    ...options.alpha,
  });
  const beta = await startFakeProvider({
    name: "beta",
    apiKey: "beta-secret",
    journalBodies: true,
    journalCredentials: true,
    ...options.beta,
  });
  const snapshot = load(folder, options, alpha, beta);
  const binary = await findEnvoy(process.env, join(packageRoot, ".tollgate"), (line) =>
    process.stderr.write(`${line}\n`),
  );
  let stack: LocalStack | undefined = await startLocalStack({
    snapshot,
    log: createLog("error"),
    envoyBinary: binary.path,
    runFolder: join(folder, "run"),
    onEnvoyExit: (reason) => process.stderr.write(`${reason}\n`),
    edge: options.edge,
  });
  const { listenUrl, gateway } = stack;
  const usageFolder = snapshot.usageLog.folder;
  const metric = (name: string): Promise<number> => readMetric(gateway.adminUrl, name);
  const stop = async (drainMs = 0): Promise<void> => {
    const running = stack;
    stack = undefined;
    await running?.stop(drainMs);
  };
  context.after(async () => {
    await stop();
    await alpha.close();
    await beta.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    stack,
    snapshot,
    folder,
    baseUrl: `${listenUrl}/v1`,
    alpha,
    beta,
    records: (count, withinMs = 5_000) => waitForRecords(usageFolder, count, withinMs),
    record: (exchangeId, withinMs = 5_000) => waitForRecord(usageFolder, exchangeId, withinMs),
    recordOf: async (work) => {
      const before = await waitForRecords(usageFolder, 0, 0);
      await work();
      const after = await waitForRecords(usageFolder, before.length + 1, 5_000);
      return after[before.length]!;
    },
    metric,
    idle: () =>
      until("no exchange and no hold is open", async () => {
        const open = await Promise.all([metric("tollgate_open_exchanges"), metric("tollgate_open_holds")]);
        return open.every((count) => count === 0);
      }),
    stop,
  };
}

/** One stack for all tests of the suite it is called in: started before the first, gone after the last. */
export function useTestStack(options: TestStackOptions = {}): () => TestStack {
  const stops: (() => Promise<void>)[] = [];
  let stack: TestStack | undefined;
  before(async () => {
    stack = await startTestStack({ after: (stop: () => Promise<void>) => void stops.push(stop) }, options);
  });
  after(async () => {
    for (const stop of stops) await stop();
  });
  return () => stack!;
}

/** Waits until `holds`, and fails by saying what it waited for. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 5_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await delay(10);
  }
}

async function readMetric(adminUrl: string, name: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  if (line === undefined) throw new Error(`there is no metric ${name}`);
  return Number(line.slice(name.length + 1));
}

function load(folder: string, options: TestStackOptions, alpha: FakeProvider, beta: FakeProvider): Snapshot {
  mkdirSync(join(folder, "run"), { recursive: true });
  const file = join(folder, "tollgate.yaml");
  const text = (options.config ?? ordinaryConfig)
    .replaceAll("{{alpha}}", alpha.url)
    .replaceAll("{{beta}}", beta.url)
    .replaceAll("{{alpha.port}}", String(alpha.port))
    .replaceAll("{{beta.port}}", String(beta.port));
  writeFileSync(file, text);
  writeFileSync(join(folder, "keys.yaml"), keysFile({ acme: "key-acme", tiny: "key-tiny", ...options.keys }));
  for (const [name, content] of Object.entries(options.files ?? {}))
    writeFileSync(join(folder, name), content);
  const loaded = loadConfig(file, { ALPHA_KEY: "alpha-secret", BETA_KEY: "beta-secret", ...options.env });
  if (loaded.kind === "problems") throw new Error(loaded.problems.map(formatProblem).join("\n"));
  return loaded.snapshot;
}

/** A keys.yaml with one key for each tenant. */
export function keysFile(keys: Readonly<Record<string, string>>): string {
  const entries = Object.entries(keys).map(
    ([tenant, key]) =>
      `  - { name: ${tenant}-app, sha256: ${createHash("sha256").update(key).digest("hex")}, tenant_id: ${tenant}, user_id: ${tenant}-user }`,
  );
  return `keys:\n${entries.join("\n")}\n`;
}

async function waitForRecord(
  folder: string,
  exchangeId: string | null,
  withinMs: number,
): Promise<StoredRecord> {
  let found: StoredRecord | undefined;
  const isThere = async (): Promise<boolean> => {
    const records = await waitForRecords(folder, 0, 0);
    found = records.find((record) => record.exchange_id === exchangeId);
    return found !== undefined;
  };
  await until(`a record of exchange ${exchangeId}`, isThere, withinMs);
  return found!;
}

async function waitForRecords(
  folder: string,
  count: number,
  withinMs: number,
): Promise<readonly StoredRecord[]> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const records: StoredRecord[] = [];
    for await (const record of readRecords(folder)) records.push(record);
    if (records.length >= count) return records;
    if (performance.now() > deadline)
      throw new Error(`${records.length} of ${count} records after ${withinMs} ms`);
    await delay(20);
  }
}
