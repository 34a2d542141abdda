import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../../src/config/load.ts";
import { formatProblem } from "../../../src/config/problem.ts";
import type { Snapshot } from "../../../src/config/snapshot.ts";
import {
  type FakeProvider,
  type FakeProviderOptions,
  startFakeProvider,
} from "../../../src/fake/fake-provider.ts";

/** How a test's config differs from the ordinary one. */
export interface TestConfigOptions {
  /** `{{alpha}}` and `{{beta}}` stand for the fake providers' base URLs, `{{alpha.port}}` and `{{beta.port}}` for their ports. */
  readonly config?: string;
  readonly alpha?: FakeProviderOptions;
  readonly beta?: FakeProviderOptions;
  /** More files beside the config, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** More variables of the environment that the config is read in. */
  readonly env?: Readonly<Record<string, string>>;
  /** More keys, by tenant. */
  readonly keys?: Readonly<Record<string, string>>;
}

/** A config in a folder of its own, and the two fake providers it names. */
export interface TestConfig {
  readonly folder: string;
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  readonly snapshot: Snapshot;
  readonly alpha: FakeProvider;
  readonly beta: FakeProvider;
  /** Ends the providers and removes the folder. */
  close(): Promise<void>;
}

/** Two backends behind one model, priced so that sums are easy; keys `key-acme` and `key-tiny`. */
const ordinaryConfig = `
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

/** Starts the providers and writes the config that names them. */
export async function createTestConfig(options: TestConfigOptions = {}): Promise<TestConfig> {
  const folder = mkdtempSync(join(tmpdir(), "tg-"));
  const alpha = await startProvider("alpha", options.alpha);
  const beta = await startProvider("beta", options.beta);
  const close = async (): Promise<void> => {
    await alpha.close();
    await beta.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const env = { ALPHA_KEY: "alpha-secret", BETA_KEY: "beta-secret", ...options.env };
  const file = writeFiles(folder, options, alpha, beta);
  const loaded = loadConfig(file, env);
  if (loaded.kind === "problems") {
    await close();
    throw new Error(loaded.problems.map(formatProblem).join("\n"));
  }
  return { folder, file, env, snapshot: loaded.snapshot, alpha, beta, close };
}

function startProvider(name: "alpha" | "beta", options: FakeProviderOptions = {}): Promise<FakeProvider> {
  return startFakeProvider({
    name,
    apiKey: `${name}-secret`,
    journalBodies: true,
    journalCredentials: true,
    ...options,
  });
}

function writeFiles(
  folder: string,
  options: TestConfigOptions,
  alpha: FakeProvider,
  beta: FakeProvider,
): string {
  mkdirSync(join(folder, "run"));
  const text = (options.config ?? ordinaryConfig)
    .replaceAll("{{alpha}}", alpha.url)
    .replaceAll("{{beta}}", beta.url)
    .replaceAll("{{alpha.port}}", String(alpha.port))
    .replaceAll("{{beta.port}}", String(beta.port));
  const file = join(folder, "tollgate.yaml");
  writeFileSync(file, text);
  writeFileSync(join(folder, "keys.yaml"), keysFile({ acme: "key-acme", tiny: "key-tiny", ...options.keys }));
  for (const [name, content] of Object.entries(options.files ?? {}))
    writeFileSync(join(folder, name), content);
  return file;
}

/** A keys.yaml with one key for each tenant. */
function keysFile(keys: Readonly<Record<string, string>>): string {
  const entries = Object.entries(keys).map(
    ([tenant, key]) =>
      `  - { name: ${tenant}-app, sha256: ${createHash("sha256").update(key).digest("hex")}, tenant_id: ${tenant}, user_id: ${tenant}-user }`,
  );
  return `keys:\n${entries.join("\n")}\n`;
}
