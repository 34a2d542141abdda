import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type LocalStack, startLocalStack } from "../../src/cli/local-stack.ts";
import { loadConfig } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";
import type { Snapshot } from "../../src/config/snapshot.ts";
import { packageRoot } from "../../src/core/asset.ts";
import { createLog } from "../../src/core/log.ts";
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
  stop(drainMs?: number): Promise<void>;
}

/** How a test's stack differs from the ordinary one. */
export interface TestStackOptions {
  /** The config, given where the fake providers are; `{{alpha}}` and `{{beta}}` stand for their base URLs. */
  readonly config?: string;
  readonly alpha?: FakeProviderOptions;
  readonly beta?: FakeProviderOptions;
  /** More files beside the config, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
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
  });
  const { listenUrl } = stack;
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
    records: (count, withinMs = 5_000) => waitForRecords(snapshot.usageLog.folder, count, withinMs),
    stop,
  };
}

function load(folder: string, options: TestStackOptions, alpha: FakeProvider, beta: FakeProvider): Snapshot {
  mkdirSync(join(folder, "run"), { recursive: true });
  const file = join(folder, "tollgate.yaml");
  const text = (options.config ?? ordinaryConfig)
    .replaceAll("{{alpha}}", alpha.url)
    .replaceAll("{{beta}}", beta.url);
  writeFileSync(file, text);
  writeFileSync(join(folder, "keys.yaml"), keysFile({ acme: "key-acme", tiny: "key-tiny" }));
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
