import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../../src/config/load.ts";
import type { Snapshot } from "../../../src/config/snapshot.ts";
import type { Disk } from "../../../src/core/disk.ts";
import { headersOf } from "../../../src/core/headers.ts";
import { dialects } from "../../../src/dialect/index.ts";
import { Offload } from "../../../src/dialect/offload/offload.ts";
import { admit } from "../../../src/exchange/admission.ts";
import type { Exchange } from "../../../src/exchange/exchange.ts";
import { Intake } from "../../../src/exchange/intake.ts";
import { closeLost } from "../../../src/exchange/lost-exchanges.ts";
import { open } from "../../../src/exchange/opening.ts";
import { Originals } from "../../../src/exchange/originals.ts";
import type { Outcome } from "../../../src/exchange/outcome.ts";
import { Registry } from "../../../src/exchange/registry.ts";
import type { Observer, Services } from "../../../src/exchange/services.ts";
import { settle } from "../../../src/exchange/settlement.ts";
import { CredentialFailures } from "../../../src/identity/credential-failures.ts";
import type { LocalLedger } from "../../../src/ledger/local-ledger.ts";
import { Health } from "../../../src/route/health.ts";
import { Overrides } from "../../../src/route/overrides.ts";
import { Quality } from "../../../src/route/quality.ts";
import { RetryBudget } from "../../../src/route/retry-budget.ts";
import { Calibration } from "../../../src/tokens/calibration/calibration.ts";
import { calibratedCounterOf } from "../../../src/tokens/models/families.ts";
import { openUsageLog, type UsageLog } from "../../../src/usage/log.ts";
import { readRecords, type StoredRecord } from "../../../src/usage/read.ts";
import { serialise } from "../../../src/usage/record.ts";
import { type ManualClock, manualClock } from "../core/manual-clock.ts";
import { type LedgerFolders, ledgerFolders, openLedger } from "../ledger/ledger-folder.ts";

/** Heeds nothing but bugs. */
function deafObserver(bugs: unknown[]): Observer {
  return new Proxy({} as Observer, {
    get: (_, name) => (error: unknown) => {
      if (name === "bug") bugs.push(error);
    },
  });
}

/** What a world is made with. */
export interface WorldOptions {
  /** Text of tollgate.yaml; keys come from `files`. */
  readonly config: string;
  /** Files beside it, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly startAt: string;
  /** The disk of usage log and journal; default: the machine's. It is tried again within milliseconds. */
  readonly disk?: Disk;
  /** Changes what exchanges work with. */
  readonly services?: (services: Services) => Services;
  /** Changes the config as compiled. */
  readonly snapshot?: (snapshot: Snapshot) => Snapshot;
}

/** Everything behind ext_proc, in this process: a test plays Envoy by calling the exchange's phases. Ledger, journal and usage log are real. */
export class ExchangeWorld {
  readonly clock: ManualClock;
  readonly #options: WorldOptions;
  readonly #folder: string;
  readonly #ledgers: LedgerFolders = ledgerFolders();
  #snapshot: Snapshot;
  #usageFolder: string;
  #ledgerFolder = "";
  #ledger!: LocalLedger;
  #log!: UsageLog;
  #services!: Services;
  #lives = 0;
  /** Of this life. */
  #bugs: unknown[] = [];

  private constructor(options: WorldOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
    this.clock = manualClock(options.startAt);
    this.#usageFolder = join(folder, "usage-0");
    this.#snapshot = this.#load();
  }

  static async start(options: WorldOptions): Promise<ExchangeWorld> {
    const folder = await mkdtemp(join(tmpdir(), "tollgate-world-"));
    await writeFile(join(folder, "tollgate.yaml"), options.config);
    for (const [name, text] of Object.entries(options.files ?? {})) await writeFile(join(folder, name), text);
    const world = new ExchangeWorld(options, folder);
    world.#ledgerFolder = await world.#ledgers.make();
    await world.#begin();
    return world;
  }

  get services(): Services {
    return this.#services;
  }

  get bugs(): readonly unknown[] {
    return this.#bugs;
  }

  /** Whether journal and usage log have all that was written to them. */
  get isSound(): boolean {
    return this.#ledger.error === undefined && this.#log.health().state === "ok";
  }

  get ledgerFolder(): string {
    return this.#ledgerFolder;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Replaces a file and loads the config anew; exchanges under way keep theirs. */
  async reload(name: string, text: string): Promise<void> {
    await writeFile(join(this.#folder, name), text);
    this.#snapshot = this.#load();
  }

  /** A request's headers and body as Envoy would send them; what becomes of it. */
  async ask(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<{ readonly exchange: Exchange; readonly outcome: Outcome }> {
    const head = {
      method: "POST",
      path,
      headers: headersOf({ ":method": "POST", ":path": path, ...headers }),
      endOfStream: false,
    };
    const opened = await open(this.#services, this.#snapshot, head);
    if (opened.kind === "reply") throw new Error(opened.reply.body.toString());
    return { exchange: opened.exchange, outcome: await admit(opened.exchange, Buffer.from(body)) };
  }

  /** Resolves once every exchange that can end has. */
  async idle(): Promise<void> {
    await this.#services.registry.whenIdle();
  }

  async records(): Promise<readonly StoredRecord[]> {
    await this.#log.flush();
    const records: StoredRecord[] = [];
    for await (const record of readRecords(this.#usageFolder)) records.push(record);
    return records;
  }

  /** Dies as a killed process does, and starts again: what was open is gone but for its holds. Returns how many of those were lost. */
  async crash(): Promise<number> {
    const [log, ledger] = [this.#log, this.#ledger];
    // What the dead life still stumbles over is nobody's business.
    this.#bugs = [];
    const usageFolder = join(this.#folder, `usage-${++this.#lives}`);
    this.#ledgerFolder = await this.#ledgers.crash(this.#ledgerFolder);
    await log.written();
    await cp(this.#usageFolder, usageFolder, { recursive: true });
    this.#usageFolder = usageFolder;
    await this.#begin();
    await log.close();
    await ledger.close();
    return await closeLost(this.#ledger.lost, {
      ledger: this.#ledger,
      records: readRecords(usageFolder),
      record: (record) => this.#services.record(record, undefined),
    });
  }

  async close(): Promise<void> {
    await this.#ledger.close();
    await this.#log.close();
    await this.#ledgers.remove();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #begin(): Promise<void> {
    const { clock } = this;
    const { disk } = this.#options;
    const often = disk === undefined ? { fsyncIntervalMs: 10_000 } : { disk, retryMs: 1, fsyncIntervalMs: 0 };
    const ledger = await openLedger(this.#ledgerFolder, clock, often);
    const log = await openUsageLog({ folder: this.#usageFolder, clock, ...often });
    this.#ledger = ledger;
    this.#log = log;
    const calibration = new Calibration();
    const services: Services = {
      clock,
      ledger,
      dialects,
      counterOf: calibratedCounterOf(calibration),
      calibration,
      health: new Health(),
      quality: new Quality(),
      overrides: new Overrides(),
      retryBudget: new RetryBudget(),
      random: () => 0.5,
      registry: new Registry(),
      originals: new Originals(200_000_000),
      offload: new Offload(),
      intake: new Intake(8_000_000_000),
      record: (record, ownFields) => {
        log.append(serialise(record, ownFields));
        return log.written();
      },
      credentialFailures: new CredentialFailures(),
      observer: deafObserver(this.#bugs),
      settle: (exchange) => void settle(exchange),
    };
    this.#services = this.#options.services?.(services) ?? services;
  }

  #load(): Snapshot {
    const loaded = loadConfig(join(this.#folder, "tollgate.yaml"), { KEY: "secret" }, this.clock);
    if (loaded.kind === "problems") throw new Error(JSON.stringify(loaded.problems));
    return this.#options.snapshot?.(loaded.snapshot) ?? loaded.snapshot;
  }
}
