import { join } from "node:path";
import { after, before, type TestContext } from "node:test";
import { type LocalStack, startLocalStack } from "../../../src/cli/local-stack.ts";
import { createLog } from "../../../src/core/log.ts";
import type { EdgeFactory } from "../../../src/edge/edge.ts";
import { defaultEdge } from "../../../src/edge/index.ts";
import type { GatewayOptions } from "../../../src/gateway.ts";
import type { Balance } from "../../../src/ledger/ledger.ts";
import type { StoredRecord } from "../../../src/usage/read.ts";
import { readMetric, untilIdle } from "../admin/read-metric.ts";
import { fleetingMessages } from "../edge/fleeting-messages.ts";
import { envoyBinary } from "../envoy/envoy-binary.ts";
import { type BootstrapPatch, patchedEnvoy } from "../envoy/patched-envoy.ts";
import { balancesOf } from "../ledger/balance.ts";
import { UsageFolder } from "../usage/usage-folder.ts";
import { createTestConfig, type TestConfig, type TestConfigOptions } from "./test-config.ts";

/** Everything a request passes, real, on ports the kernel gave; gone when the test ends. */
export interface TestStack extends Omit<TestConfig, "close"> {
  readonly stack: LocalStack;
  /** What an OpenAI SDK would be given as its base URL. */
  readonly baseUrl: string;
  /** Every record so far; waits until there are at least `count`. */
  records(count: number): Promise<readonly StoredRecord[]>;
  /** The record of the exchange with this id; waits until it is there. */
  record(exchangeId: string | null): Promise<StoredRecord>;
  /** The next record once `work` has been done; waits for it. */
  recordOf(work: () => Promise<unknown>): Promise<StoredRecord>;
  /** Where the accounts stand that a request with these fields would be charged to. */
  balances(fields: Readonly<Record<string, string>>): Promise<readonly Balance[]>;
  /** What the admin interface says of a metric without labels. */
  metric(name: string): Promise<number>;
  /** Waits until no exchange and no hold is open. */
  idle(): Promise<void>;
  /** Ends gateway and Envoy as a signal does: running streams have `drainMs` to finish. */
  stop(drainMs?: number): Promise<void>;
}

/** How a test's stack differs from the ordinary one. */
export interface TestStackOptions extends TestConfigOptions {
  readonly edge?: EdgeFactory;
  readonly filterOf?: GatewayOptions["filterOf"];
  /** Changes to Envoy's bootstrap that only this test makes. */
  readonly bootstrapPatches?: readonly BootstrapPatch[];
  /** Told when Envoy ends by itself; by default it is written to standard error. */
  readonly onEnvoyExit?: (reason: string) => void;
}

/** Starts fakes, gateway and Envoy for one test file; the test's end takes them down. */
export async function startTestStack(
  context: Pick<TestContext, "after"> | { after(stop: () => Promise<void>): void },
  options: TestStackOptions = {},
): Promise<TestStack> {
  const config = await createTestConfig(options);
  const { close, ...given } = config;
  const { snapshot, folder } = given;
  let running: LocalStack | undefined;
  const stop = async (drainMs = 0): Promise<void> => {
    const stopping = running;
    running = undefined;
    await stopping?.stop(drainMs);
  };
  context.after(async () => {
    await stop();
    await close();
  });
  const stack = await startLocalStack({
    snapshot,
    log: createLog("error"),
    envoyBinary:
      options.bootstrapPatches === undefined
        ? await envoyBinary()
        : await patchedEnvoy(folder, options.bootstrapPatches),
    runFolder: join(folder, "run"),
    env: process.env,
    // A death of Envoy is to be seen, not mended.
    restartDelaysMs: [],
    onEnvoyLost: options.onEnvoyExit ?? ((reason) => process.stderr.write(`${reason}\n`)),
    edge: fleetingMessages(options.edge ?? defaultEdge),
    filterOf: options.filterOf,
  });
  running = stack;
  const { adminUrl } = stack.gateway;
  const usage = new UsageFolder(snapshot.usageLog.folder);
  return {
    ...given,
    stack,
    baseUrl: `${stack.listenUrl}/v1`,
    records: (count) => usage.atLeast(count),
    record: (exchangeId) => usage.of(exchangeId),
    recordOf: async (work) => {
      // An earlier answer may be there before its record is, which would be taken for the next.
      await untilIdle(adminUrl);
      return usage.next(work);
    },
    balances: (fields) => balancesOf(stack.gateway.ledger, snapshot, fields),
    metric: (name) => readMetric(adminUrl, name),
    idle: () => untilIdle(adminUrl),
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
