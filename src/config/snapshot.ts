import type { ContractReader } from "../contract/contract.ts";
import type { Closable } from "../core/kind.ts";
import type { EdgeAddress } from "../edge/edge.ts";
import type { Identity } from "../identity/identity.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LedgerServices } from "../ledger/ledger-kind.ts";
import { type JointPolicies, joinPolicies } from "../policy/policies.ts";
import type { Policy } from "../policy/policy.ts";
import type { PriceCatalogue } from "../price/catalogue.ts";
import type { Provider } from "../provider/provider.ts";
import type { Bounds } from "../route/bounds.ts";
import type { ModelRoute } from "../route/model-route.ts";
import type { ModelTable } from "../route/model-table.ts";
import type { RetryLimits } from "../route/retry-budget.ts";
import type { Routes } from "../route/routes.ts";
import type { Sink } from "../usage/sink/sink.ts";
import type { TcpAddress } from "./scalars.ts";

/** Envoy's side towards clients. */
export interface ListenConfig {
  readonly address: TcpAddress;
  /** A longer request body is answered 413. */
  readonly bodyLimitBytes: number;
  /** The path of health checks by load balancers; they need no key. */
  readonly healthPath: string;
}

/** Our side towards Envoy. */
export interface ServerConfig {
  /** A Unix socket's path is absolute. */
  readonly address: EdgeAddress;
  /** The token that every ext_proc and access-log stream must carry. Undefined only on a Unix socket. */
  readonly token: string | undefined;
  /** The longest wait for running streams at shutdown. */
  readonly drainMs: number;
}

/** Health, metrics and the usage API. */
export interface AdminConfig {
  readonly address: TcpAddress;
  /** Where probes are answered by a thread of their own; undefined: by the admin interface alone. */
  readonly healthAddress: TcpAddress | undefined;
  /** What `Authorization: Bearer` must carry; undefined only on loopback. */
  readonly token: string | undefined;
  /** Where a gateway without a token writes the one it makes at its start; absolute, in the folder of its socket. */
  readonly tokenFile: string;
}

/** A certificate to show a provider that asks for one, and its private key. */
export interface ClientCertificate {
  /** PEM: the certificate, then those that lead to its authority. */
  readonly certPem: string;
  /** PEM; a secret. */
  readonly keyPem: string;
}

/** How to connect to a backend where the system's CAs and the endpoint's host name are not enough. */
export interface BackendTls {
  /** The CAs to trust, in PEM. Undefined for the system's. */
  readonly caPem: string | undefined;
  /** What to show the provider. Undefined for no certificate. */
  readonly client: ClientCertificate | undefined;
  /** The name for SNI and verification. Undefined for the endpoint's host. */
  readonly serverName: string | undefined;
}

/** One configured provider; one Envoy cluster. */
export interface Backend {
  readonly name: string;
  /** The name of its Envoy cluster: the backend's, or one that distinguishes its endpoints. */
  readonly cluster: string;
  readonly provider: Provider;
  readonly region: string | undefined;
  /** Self-hosted: what it is sent stays in the house. */
  readonly private: boolean;
  /** Input and output together, in tokens, that each of its models takes. Undefined to use what is known of each model. */
  readonly contextWindow: number | undefined;
  /** Sensitivities that may be sent there. Undefined for any. */
  readonly sensitivity: readonly string[] | undefined;
  /** Undefined: the defaults for an https endpoint. */
  readonly tls: BackendTls | undefined;
}

/** Actions of a start that finds no ledger beside a usage log with charges of windows that still run. */
export const missingLedgerActions = ["refuse", "rebuild", "start-empty"] as const;
/** One of {@link missingLedgerActions}. */
export type MissingLedgerAction = (typeof missingLedgerActions)[number];

/** The ledger that keeps the accounts. */
export interface LedgerConfig {
  readonly type: string;
  /** Where the gateway keeps its own state; absolute. */
  readonly folder: string;
  readonly onMissing: MissingLedgerAction;
  /** Opens it. Throws `ledger_unavailable`. */
  open(services: Omit<LedgerServices, "inputs">): Promise<Ledger>;
}

/** The append-only usage log, and who has its records besides. */
export interface UsageLogConfig {
  /** Absolute path. */
  readonly folder: string;
  readonly sinks: readonly Sink[];
}

/** Where budgets' alerts are posted. */
export interface AlertWebhookConfig {
  readonly url: string;
  /** Signs each message. Undefined to leave messages unsigned. */
  readonly secret: string | undefined;
}

/** The compiled, frozen config that an exchange is pinned to. Every lookup is pure and needs no parsing. */
export interface Snapshot extends JointPolicies {
  /** The first 12 hex digits of a SHA-256 over the file and its inputs (keys, prices); in each record as `config_version`. */
  readonly version: string;
  readonly listen: ListenConfig;
  readonly server: ServerConfig;
  readonly admin: AdminConfig;
  readonly backends: ReadonlyMap<string, Backend>;
  /** Longest wait for a connection, in milliseconds by backend; a backend that is missing has the default. */
  readonly connectTimeouts: ReadonlyMap<string, number>;
  /** In the config's order: the first that recognises a credential decides. */
  readonly identities: readonly Identity[];
  readonly contract: ContractReader;
  readonly routes: Routes;
  /** Restrict the targets of a request, whatever route it takes. */
  readonly bounds: Bounds;
  /** Bounds on attempts beyond the first, over the whole gateway. */
  readonly retries: RetryLimits;
  /** True if a condition compares the size of the input. Only then is the input counted before the route is known. */
  readonly compareInputTokens: boolean;
  /** Access, caps, limits and budgets, in the order they are judged. */
  readonly policies: readonly Policy[];
  readonly prices: PriceCatalogue;
  readonly ledger: LedgerConfig;
  readonly usageLog: UsageLogConfig;
  /** The receiver of alerts. Undefined if there is none. */
  readonly alertWebhook: AlertWebhookConfig | undefined;
  /** Everything created for the config, to be closed once it has been replaced. */
  readonly closables: readonly Closable[];
  /** The route of a model name: the exact name, else the longest `prefix/*`. Undefined if there is no such model. */
  model(name: string): ModelRoute | undefined;
  /** Names for `GET /v1/models`, in the config's order; patterns are left out. */
  models(): readonly string[];
  /** The whole config with defaults as plain data, secrets as `***`; for admin's /config. */
  redacted(): unknown;
}

/** The fields of a snapshot, without the lookups that are built from them. */
export interface SnapshotParts
  extends Omit<Snapshot, "model" | "models" | "redacted" | "closables" | keyof JointPolicies> {
  readonly models: ModelTable;
  /** Plain data without secrets. */
  readonly shown: unknown;
}

/** Freezes compiled parts into a snapshot. */
export function createSnapshot({ models, shown, ...parts }: SnapshotParts): Snapshot {
  return Object.freeze({
    ...parts,
    ...joinPolicies(parts.policies),
    identities: Object.freeze([...parts.identities]),
    closables: Object.freeze([
      ...[...parts.backends.values()].map(({ provider }) => provider),
      ...parts.identities,
      ...parts.policies,
      ...parts.usageLog.sinks,
    ]),
    policies: Object.freeze([...parts.policies]),
    model: (name: string) => models.find(name),
    models: () => models.names,
    redacted: () => shown,
  });
}
