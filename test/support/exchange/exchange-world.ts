import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../../src/config/load.ts";
import type { Snapshot } from "../../../src/config/snapshot.ts";
import type { Disk } from "../../../src/core/disk.ts";
import { closeLost } from "../../../src/exchange/settle/lost-exchanges.ts";
import type { Services } from "../../../src/exchange/state/services.ts";
import type { LocalLedger } from "../../../src/ledger/local-ledger.ts";
import { openUsageLog, type UsageLog } from "../../../src/usage/log.ts";
import { readRecords, type StoredRecord } from "../../../src/usage/read.ts";
import { serialise } from "../../../src/usage/record.ts";
import { type ManualClock, manualClock } from "../core/manual-clock.ts";
import { type LedgerFolders, ledgerFolders, openLedger } from "../ledger/ledger-folder.ts";
import { type Exchanges, exchangesOn } from "./exchanges.ts";

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

/** {@link Exchanges} on a disk: ledger, journal and usage log are files, and outlive a crash. */
export class ExchangeWorld {
  readonly clock: ManualClock;
  readonly #options: WorldOptions;
  readonly #folder: string;
  readonly #ledgers: LedgerFolders = ledgerFolders();
  #usageFolder: string;
  #ledgerFolder = "";
  #ledger!: LocalLedger;
  #log!: UsageLog;
  /** Of this life. */
  #exchanges!: Exchanges;
  #lives = 0;

  private constructor(options: WorldOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
    this.clock = manualClock(options.startAt);
    this.#usageFolder = join(folder, "usage-0");
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

  get exchanges(): Exchanges {
    return this.#exchanges;
  }

  /** Whether journal and usage log have all that was written to them. */
  get isSound(): boolean {
    return this.#ledger.error === undefined && this.#log.health().state === "ok";
  }

  get ledgerFolder(): string {
    return this.#ledgerFolder;
  }

  /** Replaces a file and loads the config anew; exchanges under way keep theirs. */
  async reload(name: string, text: string): Promise<void> {
    await writeFile(join(this.#folder, name), text);
    this.#exchanges.snapshot = this.#load();
  }

  /** Resolves once every exchange that can end has. */
  async idle(): Promise<void> {
    await this.#exchanges.services.registry.whenIdle();
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
      record: (record) => this.#exchanges.services.record(record, undefined),
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
    this.#exchanges = exchangesOn(this.#load(), ledger, clock, {
      record: (record, ownFields) => {
        log.append(serialise(record, ownFields));
        return log.written();
      },
      services: this.#options.services,
    });
  }

  #load(): Snapshot {
    const loaded = loadConfig(join(this.#folder, "tollgate.yaml"), { KEY: "secret" }, this.clock);
    if (loaded.kind === "problems") throw new Error(JSON.stringify(loaded.problems));
    return this.#options.snapshot?.(loaded.snapshot) ?? loaded.snapshot;
  }
}
