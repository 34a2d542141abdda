import { basename, dirname, join } from "node:path";
import type { z } from "zod";
import { reservedNames } from "../condition/condition-problems.ts";
import { createContractReader } from "../contract/contract-reader.ts";
import type { FieldSection } from "../contract/contract-section.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { type Log, silentLog } from "../core/log.ts";
import type { EdgeAddress } from "../edge/edge.ts";
import { policySections } from "../policy/policy-kind.ts";
import { accountOnlyFields } from "../policy/rule-section.ts";
import { createModelTable } from "../route/model-table.ts";
import { ConditionChecker } from "./check-conditions.ts";
import { checkReach } from "./check-reach.ts";
import { checkSecrets } from "./check-secrets.ts";
import { type Compilation, entriesOf, listOf, mapOf } from "./compilation.ts";
import { compileBackends } from "./compile-backends.ts";
import { compileBounds } from "./compile-bounds.ts";
import { compileIdentities } from "./compile-identities.ts";
import { compileLedger } from "./compile-ledger.ts";
import { compileModels } from "./compile-models.ts";
import { compilePolicies } from "./compile-policies.ts";
import { compilePrices } from "./compile-prices.ts";
import { compileRoutes } from "./compile-routes.ts";
import { compileSinks } from "./compile-sinks.ts";
import { connectTimeoutsOf } from "./compile-timeouts.ts";
import { ConfigInputs, type ConfigMaterial, type InputOptions } from "./config-inputs.ts";
import { parseSection, refuseKeys } from "./parse-section.ts";
import { compareProblems, type Problem } from "./problem.ts";
import { backendName, modelName, type SectionName, type Sections, sections } from "./schema.ts";
import { showConfig } from "./show-config.ts";
import { createSnapshot, type Snapshot } from "./snapshot.ts";
import type { YamlFile } from "./yaml-file.ts";

/** A config as loaded: a snapshot, or everything that is wrong with it. `files` are the absolute paths that it was made of, also missing ones. */
export type LoadedConfig =
  | {
      readonly kind: "snapshot";
      readonly snapshot: Snapshot;
      readonly files: readonly string[];
      /** Secrets that are not there and were not needed, each with its place. */
      readonly absentSecrets: readonly string[];
      /** Warnings about entries that may not do what their author meant. */
      readonly warnings: readonly Problem[];
    }
  | {
      readonly kind: "problems";
      readonly problems: readonly [Problem, ...Problem[]];
      readonly files: readonly string[];
    };

/** The longest path a Unix socket can have: sun_path of Linux, with its closing NUL. */
const socketPathBytesMax = 107;

/**
 * Loads a config and every file it names; what `material` has of them is not read and checked again. A secret that is not there is a
 * problem where it is needed (by default all are); a snapshot made without it serves nobody. Never throws for what is written in them.
 */
export function loadConfig(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  clock: Clock = systemClock,
  options: InputOptions = {},
): LoadedConfig {
  const inputs = new ConfigInputs(path, env, options);
  return loadFrom(inputs, path, clock, options.log);
}

/** Reads and checks a config and every file it names, for a {@link loadConfig} in another process; of a bad one, the problems. */
export function prepareConfig(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
):
  | Exclude<LoadedConfig, { kind: "snapshot" }>
  | { readonly kind: "material"; readonly material: ConfigMaterial } {
  const inputs = new ConfigInputs(path, env);
  const loaded = loadFrom(inputs, path, systemClock);
  return loaded.kind === "problems" ? loaded : { kind: "material", material: inputs.material };
}

function loadFrom(inputs: ConfigInputs, path: string, clock: Clock, log = silentLog): LoadedConfig {
  const snapshot = compile(path, inputs, clock, log);
  const files = inputs.paths;
  const [first, ...others] = [...inputs.problems].sort(compareProblems);
  if (first !== undefined) return { kind: "problems", problems: [first, ...others], files };
  if (snapshot === undefined) throw new Error("a config that has no snapshot has a problem");
  const { absentSecrets, warnings } = inputs;
  return { kind: "snapshot", snapshot, files, absentSecrets, warnings };
}

/** The snapshot; undefined or incomplete when problems have been noted. */
function compile(path: string, inputs: ConfigInputs, clock: Clock, log: Log): Snapshot | undefined {
  const name = basename(path);
  const read = inputs.readText(name);
  if ("problem" in read) {
    inputs.note({ file: path, path: "", line: 1, column: 1, message: read.problem, kind: "unreadable" });
    return undefined;
  }
  const file = inputs.addYaml(name, read.text);
  if (!file.readable) return undefined;
  const root = file.value;
  if (typeof root !== "object" || root === null || Array.isArray(root)) {
    file.refuse([], "must be a map of sections: version, backends, models, identity, …");
    return undefined;
  }
  checkSecrets(file);
  return compileSections(
    { file, inputs, nowMs: clock.nowMs(), clock, log },
    root as Readonly<Record<string, unknown>>,
  );
}

function compileSections(
  compilation: Compilation,
  root: Readonly<Record<string, unknown>>,
): Snapshot | undefined {
  const { file, inputs } = compilation;
  const parse = <K extends SectionName>(name: K) => parseSection(file, [name], root[name], schemas[name]);
  refuseUnknownSections(file, root);
  parse("version");
  const contractFields = parse("contract") ?? anyContract(root.contract);
  refuseReservedNames(file, Object.keys(contractFields));
  const contract = createContractReader(contractFields);
  const own = compileOwn(compilation, root.ledger, parse);
  const backendEntries = mapOf(compilation, "backends", root.backends, backendName);
  const { backends, prices: backendPrices } = compileBackends(compilation, backendEntries);
  const prices = compilePrices(compilation, parse("prices"), backendPrices);
  const modelEntries = mapOf(compilation, "models", root.models, modelName);
  const backendNames = new Set(backendEntries.map(([name]) => name));
  const models = compileModels(compilation, modelEntries, {
    backendNames,
    backends,
    prices,
    contract,
  });
  const identities = compileIdentities(compilation, listOf(compilation, "identity", root.identity), contract);
  const modelNames = modelEntries.map(([name]) => name);
  const conditions = new ConditionChecker(compilation, contract, modelNames);
  const { routes, written: writtenRoutes } = compileRoutes(
    compilation,
    listOf(compilation, "routes", root.routes),
    { modelNames, backends, conditions },
  );
  const { bounds, written: writtenBounds } = compileBounds(
    compilation,
    listOf(compilation, "bounds", root.bounds),
    { backends, conditions },
  );
  checkReach(file, { routes: writtenRoutes, bounds: writtenBounds, models, backends });
  const policies = compilePolicies(compilation, root, { contract, modelNames, conditions });
  if (own === undefined || prices === undefined) return undefined;
  return createSnapshot({
    ...own,
    version: inputs.version,
    backends,
    connectTimeouts: connectTimeoutsOf(models),
    identities,
    contract,
    routes,
    bounds,
    policies,
    prices,
    compareInputTokens: conditions.compareInputTokens,
    models: createModelTable(models),
    shown: showConfig(file.shown),
  });
}

/** Refuses contract fields whose names mean something else where rules use them. */
function refuseReservedNames(file: YamlFile, names: readonly string[]): void {
  for (const name of names) {
    const isReserved = reservedNames.has(name);
    if (!isReserved && !accountOnlyFields.includes(name)) continue;
    const where = isReserved ? "in a condition" : "in `per`";
    file.refuse(["contract", name], `${name} means something else ${where}: choose another name`, "key");
  }
}

const schemas: { readonly [K in SectionName]: z.ZodType<Sections[K]> } = sections;

function refuseUnknownSections(file: YamlFile, root: Readonly<Record<string, unknown>>): void {
  const known = ["version", "listen", "server", "admin", "backends", "models", "identity", "contract"];
  const others = ["routes", "bounds", ...policySections, "prices", "retries", "ledger", "alerts", "usage"];
  const all = [...known, ...others];
  const unknown = Object.keys(root).filter((name) => !all.includes(name));
  refuseKeys(file, [], unknown, all);
}

/** Stands in for a contract that has problems: the same fields, with any value from anywhere, so that nothing else is blamed. */
function anyContract(section: unknown): Readonly<Record<string, FieldSection>> {
  const from = ["header", "contract", "identity"];
  return Object.fromEntries(entriesOf(section).map(([name]) => [name, { from }]));
}

/** The sections about this process itself. */
function compileOwn(
  compilation: Compilation,
  ledgerSection: unknown,
  parse: <K extends SectionName>(name: K) => Sections[K] | undefined,
):
  | Pick<Snapshot, "listen" | "server" | "admin" | "ledger" | "usageLog" | "retries" | "alertWebhook">
  | undefined {
  const [listen, server, admin] = [parse("listen"), parse("server"), parse("admin")];
  const ledger = compileLedger(compilation, ledgerSection);
  const [usage, alerts] = [parse("usage"), parse("alerts")];
  const retries = parse("retries");
  const edge = server === undefined ? undefined : socketAddress(compilation, server.address);
  if (server !== undefined) checkServer(compilation, server);
  if (admin !== undefined) checkAdmin(compilation, admin);
  const sinks = compileSinks(compilation, usage?.sinks ?? []);
  if (!listen || !server || !edge || !admin || !ledger || !usage || !alerts || !retries) return undefined;
  const { inputs } = compilation;
  return {
    listen: Object.freeze({
      address: listen.address,
      bodyLimitBytes: listen.bodyLimit,
      healthPath: listen.healthPath,
    }),
    server: Object.freeze({ address: edge, token: server.token, drainMs: server.drain }),
    admin: Object.freeze({
      address: admin.address,
      healthAddress: admin.healthAddress,
      token: admin.token,
      tokenFile: join(edge.kind === "unix" ? dirname(edge.path) : inputs.resolve("run"), "admin.token"),
    }),
    ledger,
    usageLog: Object.freeze({ folder: inputs.resolve(usage.log), sinks }),
    retries: Object.freeze({ percent: retries.budget, atLeastPerSecond: retries.atLeastPerSecond }),
    alertWebhook:
      alerts.webhook === undefined
        ? undefined
        : Object.freeze({ url: alerts.webhook.url, secret: alerts.webhook.secret }),
  };
}

/** Whoever can connect and has one client's key is sent the provider's key that belongs to the request. */
function checkServer({ file }: Compilation, { address, token }: Sections["server"]): void {
  if (address.kind === "unix") return;
  if (!isLoopbackHost(address.host))
    file.refuse(
      ["server", "address"],
      "is not loopback: replies to Envoy contain the providers' keys, and this version has no mTLS. Listen on unix:PATH, or on 127.0.0.1 with `token`",
    );
  else if (token === undefined)
    file.refuse(
      ["server", "address"],
      "can be reached by every user of this machine, who could obtain the providers' keys: listen on unix:PATH, or add `token`, which `tollgate envoy` configures Envoy to send",
    );
}

function isLoopbackHost(host: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host);
}

/** Anyone who can reach the admin port could read what was spent and by whom. */
function checkAdmin({ file }: Compilation, { address, token }: Sections["admin"]): void {
  if (token === undefined && !isLoopbackHost(address.host))
    file.refuse(["admin", "address"], "is not loopback: add `token`, or listen on 127.0.0.1");
}

function socketAddress({ file, inputs }: Compilation, address: EdgeAddress): EdgeAddress {
  if (address.kind === "tcp") return address;
  const path = inputs.resolve(address.path);
  if (Buffer.byteLength(path) > socketPathBytesMax)
    file.refuse(
      ["server", "address"],
      `${path} is longer than a Unix socket's path can be (${socketPathBytesMax} bytes)`,
    );
  return { kind: "unix", path };
}
