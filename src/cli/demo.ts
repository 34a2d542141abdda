import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "../core/log.ts";
import { formatUsd } from "../core/money.ts";
import { type FakeProvider, startFakeProvider } from "../fake/fake-provider.ts";
import { formatReport } from "../usage/format.ts";
import { readRecords, type StoredRecord } from "../usage/read.ts";
import { report } from "../usage/report.ts";
import { findEnvoy } from "../xds/envoy-binary.ts";
import { demoTraffic } from "./demo-traffic.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { type LocalStack, startLocalStack } from "./local-stack.ts";
import type { Terminal } from "./terminal.ts";

/** Keys of the two tenants of the demo; they open nothing else. */
const keys = { acme: "demo-key-acme", tiny: "demo-key-tiny" } as const;

/** `tollgate demo`: gateway, Envoy and two fake providers; telling traffic, then the records' sums. Leaves nothing behind. */
export async function demo(terminal: Terminal): Promise<void> {
  const binary = await findEnvoy(terminal.env, join(terminal.cwd, ".tollgate"), (line) => terminal.err(line));
  const folder = mkdtempSync(join(tmpdir(), "tollgate-demo-"));
  const providers: FakeProvider[] = [];
  let stack: LocalStack | undefined;
  try {
    const alpha = await startFakeProvider({ name: "alpha" });
    providers.push(alpha);
    const beta = await startFakeProvider({ name: "beta" });
    providers.push(beta);
    const snapshot = loadSnapshot(terminal, writeConfig(folder, alpha, beta), "all");
    stack = await startLocalStack({
      snapshot,
      log: createLog("warn"),
      envoyBinary: binary.path,
      env: terminal.env,
      runFolder: join(folder, "run"),
      onEnvoyLost: (reason) => terminal.err(reason),
    });
    terminal.out(`Envoy listens on ${stack.listenUrl}; two fake providers stand behind it.\n`);
    const { gateway, listenUrl } = stack;
    const settled = (): boolean => gateway.openHolds === 0;
    await demoTraffic({ terminal, url: `${listenUrl}/v1`, alpha, keys, settled });
    await stack.stop(5_000);
    stack = undefined;
    await showRecords(terminal, snapshot.usageLog.folder);
  } finally {
    await stack?.stop(0);
    for (const provider of providers) await provider.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function showRecords(terminal: Terminal, folder: string): Promise<void> {
  const records: StoredRecord[] = [];
  for await (const record of readRecords(folder)) records.push(record);
  terminal.out(`\n${records.length} usage records, one for each exchange:\n`);
  for (const record of records) {
    const cost = formatUsd(BigInt(String(record.cost_nano_usd ?? "0")));
    const tokens = `${record.input_tokens ?? "?"} in, ${record.output_tokens ?? "?"} out`;
    const how = [
      record.ending,
      record.fallback_used === true ? "after a fallback" : "",
      record.error_code ?? "",
    ];
    terminal.out(
      `  ${String(record.tenant_id).padEnd(5)} ${String(record.model_route ?? "–").padEnd(18)} ${tokens.padEnd(16)} $${cost.padEnd(12)} ${how.filter((word) => word !== "").join(", ")}`,
    );
  }
  terminal.out(`\n${formatReport(await report(records, ["tenant_id", "ending"]), "table").trimEnd()}`);
}

function writeConfig(folder: string, alpha: FakeProvider, beta: FakeProvider): string {
  const file = join(folder, "tollgate.yaml");
  const entry = (tenant: "acme" | "tiny"): string =>
    `  - { name: ${tenant}, sha256: ${createHash("sha256").update(keys[tenant]).digest("hex")}, tenant_id: ${tenant}, user_id: demo }`;
  writeFileSync(join(folder, "keys.yaml"), `keys:\n${entry("acme")}\n${entry("tiny")}\n`);
  writeFileSync(
    file,
    `version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/tollgate.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "${alpha.url}/v1", price: { input: 0.40, output: 1.60 } }
  beta: { provider: openai-compatible, endpoint: "${beta.url}/v1", price: { input: 0.50, output: 2.00 } }
models:
  gpt-4.1-mini:
    targets: [alpha/gpt-4.1-mini, beta/gpt-4.1-mini]
identity:
  - { type: api-key, file: ./keys.yaml }
budgets:
  - { name: tenant-day, per: [tenant_id], usd: 10, window: day, overrides: [{ match: { tenant_id: tiny }, usd: 0.00022 }] }
`,
  );
  return file;
}
