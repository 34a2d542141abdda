import { accessLog } from "./accesslog/access-log.ts";
import { noteEntry } from "./accesslog/logged-outcome.ts";
import { type AdminServer, startAdminServer } from "./admin/admin-server.ts";
import type { AdminSource } from "./admin/admin-source.ts";
import { ownAdminToken, removeAdminToken } from "./admin/admin-token.ts";
import { AlertWebhook, webhookFaults } from "./admin/alert-webhook.ts";
import { adminSourceOf } from "./admin/gateway-source.ts";
import { HealthServer } from "./admin/health-server.ts";
import { tellLedgerEvent } from "./admin/ledger-events.ts";
import { Metrics } from "./admin/metrics.ts";
import { reportTargetState } from "./admin/target-events.ts";
import { seriesOf } from "./admin/target-metrics.ts";
import { UsageJobs } from "./admin/usage-jobs.ts";
import type { Snapshot } from "./config/snapshot.ts";
import { type Clock, systemClock } from "./core/clock.ts";
import { closeAll } from "./core/close-all.ts";
import type { FolderLock } from "./core/folder-lock.ts";
import type { Log } from "./core/log.ts";
import { RatedLog } from "./core/rated-log.ts";
import { dialects } from "./dialect/index.ts";
import { Offload } from "./dialect/offload/offload.ts";
import type { Edge, EdgeAddress, EdgeFactory, EdgeMethod } from "./edge/edge.ts";
import { createHealth, type HealthService } from "./edge/health.ts";
import { defaultEdge } from "./edge/index.ts";
import { requireToken } from "./edge/require-token.ts";
import { endRevoked } from "./exchange/revocation.ts";
import { settle } from "./exchange/settle/settlement.ts";
import { Endings, type EndingsSummary } from "./exchange/state/endings.ts";
import { Intake } from "./exchange/state/intake.ts";
import { Originals } from "./exchange/state/originals.ts";
import { Registry } from "./exchange/state/registry.ts";
import type { Services } from "./exchange/state/services.ts";
import { Steering } from "./exchange/steering.ts";
import { extProcMethod } from "./extproc/server.ts";
import { closeLastRun } from "./gateway/close-last-run.ts";
import { type KeepRecord, keepRecordsIn } from "./gateway/keep-records.ts";
import { loadVocabularies } from "./gateway/load-vocabularies.ts";
import { type GatewayState, openState, overridesFile } from "./gateway/open-state.ts";
import { CredentialFailures } from "./identity/credential-failures.ts";
import type { Ledger } from "./ledger/ledger.ts";
import type { LedgerEvent } from "./ledger/ledger-event.ts";
import { ruleChanges } from "./policy/rule-changes.ts";
import { Health as TargetHealth } from "./route/health.ts";
import { Overrides } from "./route/overrides.ts";
import { Quality } from "./route/quality.ts";
import { RetryBudget } from "./route/retry-budget.ts";
import type { KeptCalibration } from "./tokens/calibration/calibration-file.ts";
import { calibratedCounterOf } from "./tokens/models/families.ts";
import type { UsageLog } from "./usage/log.ts";
import type { UsageRecord } from "./usage/record.ts";
import { Deliveries } from "./usage/sink/deliveries.ts";
import { logUnwritten } from "./usage/unwritten.ts";
import { messageSizes } from "./xds/message-sizes.ts";

/** Bytes of request bodies kept for later attempts, all exchanges together. */
const originalsBytesMax = 536_870_912;
/** Bytes of request bodies that Envoy may be buffering at once, all requests together. */
const intakeBytesMax = 805_306_368;
const extProcService = "envoy.service.ext_proc.v3.ExternalProcessor";

/** How a gateway is started. */
export interface GatewayOptions extends Pick<Services, "filterOf"> {
  readonly snapshot: Snapshot;
  readonly log: Log;
  readonly clock?: Clock;
  /** Default: the one that serves Unix sockets and plain TCP best. */
  readonly edge?: EdgeFactory | undefined;
}

/** The composition root: constructs everything, and takes it apart again. */
export class Gateway {
  readonly #log: RatedLog;
  /** For records that the disk did not take before the end. */
  readonly #unratedLog: Log;
  readonly #keep: KeepRecord;
  readonly #registry = new Registry();
  readonly #offload = new Offload();
  readonly #quality = new Quality();
  readonly #targetHealth = new TargetHealth((target, state, nowMs) =>
    reportTargetState(target, state, nowMs, {
      log: this.#log,
      clock: this.#clock,
      snapshot: this.#snapshot,
      health: this.#targetHealth,
      webhook: this.#webhook,
      alerted: this.#refusedAlerted,
    }),
  );
  readonly #refusedAlerted = new Set<string>();
  readonly #retryBudget = new RetryBudget();
  readonly #steering: Steering;
  readonly #ledger: Ledger;
  readonly #usageLog: UsageLog;
  readonly #usageLock: FolderLock;
  readonly #usageJobs: UsageJobs;
  readonly #kept: KeptCalibration;
  readonly #health: HealthService;
  readonly #edge: Edge;
  readonly #metrics: Metrics;
  readonly #clock: Clock;
  readonly #webhook: AlertWebhook;
  readonly #endings = new Endings();
  #snapshot: Snapshot;
  #lastReloadGood = true;
  #draining = false;
  #envoyAway: string | undefined;
  #admin: AdminServer | undefined;
  #adminToken: string | undefined;
  #healthServer: HealthServer | undefined;
  readonly #tokenFile: string;
  readonly #deliveries: Deliveries;
  #edgeAddress: EdgeAddress | undefined;

  private constructor(
    options: GatewayOptions,
    log: RatedLog,
    { ledger, usageLog, usageLock, calibration: kept, overrides: ordered }: GatewayState,
  ) {
    const overrides = new Overrides(ordered);
    const clock = options.clock ?? systemClock;
    this.#log = log;
    this.#unratedLog = options.log;
    this.#keep = keepRecordsIn(usageLog, { log, clock });
    this.#snapshot = options.snapshot;
    this.#ledger = ledger;
    this.#usageLog = usageLog;
    this.#usageLock = usageLock;
    this.#tokenFile = options.snapshot.admin.tokenFile;
    this.#deliveries = new Deliveries(options.snapshot.usageLog.folder, { log, clock });
    this.#usageJobs = new UsageJobs(options.snapshot.usageLog.folder);
    this.#clock = clock;
    this.#kept = kept;
    const { calibration } = kept;
    const path = overridesFile(options.snapshot);
    this.#steering = new Steering({ clock, overrides, registry: this.#registry, path });
    this.#metrics = new Metrics(log, {
      openExchanges: () => this.#registry.size,
      openHolds: () => this.#ledger.openHolds(),
      lastReloadGood: () => (this.#lastReloadGood ? 1 : 0),
      deliveries: () => this.#deliveries.health(),
      limitTotals: () => this.#ledger.totals(),
      tokenRatios: () => calibration.ratiosKnown(),
      targets: () => seriesOf(this.#snapshot, this.#targetHealth, clock.monotonicMs()),
      retryBudgetUsed: () => this.#retryBudget.used(this.#snapshot.retries, clock.monotonicMs()),
      overrides: (action) => this.#steering.list().filter((one) => one.action === action).length,
    });
    this.#webhook = new AlertWebhook({
      target: () => this.#snapshot.alertWebhook,
      onLost: () => this.#metrics.limits.alertLost(),
      ...webhookFaults({ log, clock }),
    });
    const services: Services = {
      clock,
      filterOf: options.filterOf,
      ledger,
      dialects,
      counterOf: calibratedCounterOf(calibration),
      calibration,
      registry: this.#registry,
      originals: new Originals(originalsBytesMax),
      offload: this.#offload,
      intake: new Intake(intakeBytesMax),
      health: this.#targetHealth,
      quality: this.#quality,
      overrides,
      retryBudget: this.#retryBudget,
      random: Math.random,
      record: (record, ownFields) => this.#record(record, ownFields),
      observer: this.#metrics,
      credentialFailures: new CredentialFailures(),
      settle: (exchange) => void settle(exchange, this.#registry),
      isReady: () => this.#unreadyReasons().length === 0,
    };
    this.#health = createHealth([extProcService]);
    this.#edge = (options.edge ?? defaultEdge)(
      [...this.#forEnvoyAlone(services, options.snapshot.server.token), ...this.#health.methods],
      { maxMessageBytes: messageSizes(options.snapshot.listen.bodyLimitBytes).messageBytesMax },
    );
  }

  /** The services that tell providers' keys, or believe what they are told. */
  #forEnvoyAlone(services: Services, token: string | undefined): readonly EdgeMethod[] {
    const methods = [
      extProcMethod(services, () => this.#snapshot),
      accessLog({
        onEntry: (entry) => noteEntry(this.#registry, entry),
        onFailure: (error) => this.#metrics.bug(error, undefined),
      }),
    ];
    if (token === undefined) return methods;
    return requireToken(methods, token, () => this.#metrics.turnedAway("unauthenticated"));
  }

  /** Opens ledger and usage log, then listens: when it resolves, exchanges are taken. */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const { snapshot } = options;
    const clock = options.clock ?? systemClock;
    const log = new RatedLog({ log: options.log, clock });
    loadVocabularies(snapshot);
    let gateway: Gateway | undefined;
    const state = await openState(snapshot, {
      clock,
      log,
      onLedgerEvent: (event) => {
        if (gateway !== undefined) gateway.#tell(event);
      },
    });
    gateway = new Gateway(options, log, state);
    try {
      await closeLastRun({
        ledger: state.ledger,
        usageFolder: snapshot.usageLog.folder,
        record: (record) => gateway.#record(record),
        log,
      });
      gateway.#edgeAddress = await gateway.#edge.listen(snapshot.server.address);
      gateway.#adminToken = await ownAdminToken(snapshot.admin, options.log);
      gateway.#admin = await startAdminServer(snapshot.admin.address, gateway.#adminSource());
      gateway.#healthServer = await HealthServer.startAt(
        snapshot.admin.healthAddress,
        gateway.#adminSource(),
      );
    } catch (error) {
      await gateway.close();
      throw error;
    }
    await gateway.#deliveries.take(snapshot.usageLog.sinks);
    gateway.#health.setServing(true);
    return gateway;
  }

  /** Where Envoy reaches this gateway. */
  get edgeAddress(): EdgeAddress {
    if (this.#edgeAddress === undefined) throw new Error("the gateway does not listen");
    return this.#edgeAddress;
  }

  get adminUrl(): string {
    return this.#admin?.url ?? "";
  }

  /** Where limits and budgets stand. */
  get ledger(): Ledger {
    return this.#ledger;
  }

  /** Exchanges that have no record yet. */
  get openExchanges(): number {
    return this.#registry.size;
  }

  /** Holds that no settlement has closed yet. */
  get openHolds(): number {
    return this.#ledger.openHolds();
  }

  /** How the targets do. */
  get targetHealth(): TargetHealth {
    return this.#targetHealth;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** The configs that open exchanges are pinned to, and the running one. */
  get snapshotsInUse(): ReadonlySet<Snapshot> {
    const snapshots = new Set([this.#snapshot]);
    for (const { snapshot } of this.#registry.exchanges()) snapshots.add(snapshot);
    return snapshots;
  }

  /** Exchanges opened from here on are pinned to this config; running ones keep theirs. Addresses and folders stay those of the start. */
  reload(snapshot: Snapshot): void {
    loadVocabularies(snapshot);
    for (const { kind, ...change } of ruleChanges(this.#snapshot.policies, snapshot.policies)) {
      if (kind === "anew") this.#log.warn(change, "a limit or budget restarts from zero");
      else this.#log.info(change, "a limit or budget continues in another window");
    }
    const replaced = this.#snapshot;
    this.#snapshot = snapshot;
    void this.#closeUnused(replaced);
    void this.#endRevoked(snapshot);
    void this.#deliveries.take(snapshot.usageLog.sinks);
    this.#lastReloadGood = true;
  }

  /** The config's file was bad: the old one keeps serving, and the metric says so. */
  keepAfterBadReload(): void {
    this.#lastReloadGood = false;
  }

  /** Marks the gateway as not ready: no Envoy sends it requests. `reason` is shown by `/readyz`. */
  envoyDied(reason: string): void {
    this.#envoyAway = reason;
  }

  /** A new Envoy serves in place of the one that died. */
  envoyRestarted(): void {
    this.#envoyAway = undefined;
    this.#metrics.envoyRestarted();
  }

  /** How the exchanges end that are open now; waits for their records, at most `withinMs`. */
  endingsOfOpen(withinMs: number): Promise<EndingsSummary> {
    return this.#endings.follow([...this.#registry.exchanges()], withinMs);
  }

  /** Says it wants no more, and waits for running exchanges, at most `deadlineMs`. */
  async drain(deadlineMs: number): Promise<void> {
    this.#draining = true;
    this.#healthServer?.tell();
    this.#health.setServing(false);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadlineMs);
    });
    await Promise.race([this.#registry.whenIdle(), late]);
    clearTimeout(timer);
  }

  async #endRevoked({ identities }: Snapshot): Promise<void> {
    const exchanges = await endRevoked(identities, { clock: this.#clock, registry: this.#registry });
    if (exchanges > 0) this.#log.warn({ exchanges }, "running exchanges ended: their API key was removed");
  }

  /** Closes what was created for a config and is no part of the running one. */
  #closeUnused({ closables }: Snapshot): Promise<void> {
    const used = new Set(this.#snapshot.closables);
    const unused = closables.filter((one) => !used.has(one));
    return closeAll(
      unused.map((one) => async () => one.close?.()),
      (error) => this.#log.error({ cause: String(error) }, "a part of the old config could not be closed"),
    );
  }

  /** Ends everything; what was open is settled, and every record is on the disk. */
  async close(): Promise<void> {
    this.#draining = true;
    await closeAll(
      [
        () => this.#edge.close(),
        () => this.#registry.whenIdle(),
        () => this.#offload.close(),
        () => this.#usageJobs.close(),
        () => this.#admin?.close(),
        () => this.#healthServer?.close(),
        () => (this.#adminToken === undefined ? undefined : removeAdminToken(this.#tokenFile)),
        () => this.#webhook.close(),
        () => this.#kept.close(),
        () => this.#ledger.close(),
        async () =>
          logUnwritten(this.#unratedLog, await this.#usageLog.close(), this.#usageLog.health().error),
        () => this.#deliveries.close(),
        () => this.#usageLock.close(),
        ...this.#snapshot.closables.map((one) => async () => one.close?.()),
      ],
      (error) => this.#log.error({ cause: String(error) }, "a part of the gateway could not be closed"),
    );
  }

  #record(record: UsageRecord, ownFields?: ReadonlyMap<string, string>): Promise<void> {
    this.#endings.add(record);
    return this.#keep(record, ownFields);
  }

  #tell(event: LedgerEvent): void {
    const { limits: metrics } = this.#metrics;
    tellLedgerEvent(event, { clock: this.#clock, log: this.#log, metrics, webhook: this.#webhook });
  }

  #adminSource(): AdminSource {
    return adminSourceOf({
      unreadyReasons: () => this.#unreadyReasons(),
      ownToken: () => this.#adminToken,
      snapshot: () => this.#snapshot,
      clock: this.#clock,
      log: this.#log,
      metrics: this.#metrics,
      usage: this.#usageJobs,
      ledger: this.#ledger,
      steering: this.#steering,
      health: this.#targetHealth,
      quality: this.#quality,
      retryBudget: this.#retryBudget,
    });
  }

  #unreadyReasons(): readonly string[] {
    const reasons: string[] = [];
    if (this.#draining) reasons.push("draining");
    if (this.#envoyAway !== undefined) reasons.push(this.#envoyAway);
    const { state, error } = this.#usageLog.health();
    if (state === "error") reasons.push(`usage log: ${error ?? "unknown"}`);
    const ledgerError = this.#ledger.error;
    if (ledgerError !== undefined) reasons.push(`ledger: ${ledgerError.message}`);
    return reasons;
  }
}
