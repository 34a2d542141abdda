import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { GatewayError } from "../core/errors.ts";
import type { FaultHooks } from "../core/fault-reporter.ts";
import { FolderInUseError, type FolderLock, lockFolder } from "../core/folder-lock.ts";
import { syncFolder } from "../core/replace-file.ts";
import { freeze } from "./checkpoint.ts";
import { EntryWriter } from "./entry-writer.ts";
import { frameHeaderBytes } from "./frame.ts";
import { sumByAccount } from "./hold.ts";
import { defaultRetryMs, Journal, type JournalOptions, unwritable } from "./journal.ts";
import type {
  Account,
  AccountFilter,
  Actual,
  Balance,
  Claim,
  Ledger,
  LostHold,
  Refused,
  RuleTotal,
  Taken,
} from "./ledger.ts";
import { type Recovered, recover, segmentPath, writeCheckpoint } from "./ledger-folder.ts";
import { MemoryLedger, type MemoryLedgerOptions } from "./memory.ts";

/** Options of a local ledger. */
export interface LocalLedgerOptions extends MemoryLedgerOptions, JournalOptions {
  /** Made when missing. One process at a time may use it. */
  readonly folder: string;
  /** A checkpoint is made once the journal is larger (64 MiB). */
  readonly segmentBytes?: number;
  /** Told of each checkpoint that cannot be made, so that the journal grows until the next, and of each that is made. */
  readonly compaction?: FaultHooks;
}

const defaultSegmentBytes = 67_108_864;

/** Opens the ledger in a folder, with its accounts as they were and the holds that a crash left open. Throws `ledger_unavailable`. */
export async function openLocalLedger(options: LocalLedgerOptions): Promise<LocalLedger> {
  const entries = new EntryWriter(frameHeaderBytes);
  const memory = new MemoryLedger(options);
  const lock = await lockLedger(options.folder);
  try {
    const recovered = await recover(options.folder, memory.state);
    memory.state.log = entries;
    return new LocalLedger(options, memory, entries, lock, await stat(options.folder), recovered);
  } catch (error) {
    await lock.close();
    throw error;
  }
}

/** Takes a ledger's folder for this process. Throws `ledger_unavailable` when another has it. */
export async function lockLedger(folder: string): Promise<FolderLock> {
  try {
    return await lockFolder(folder, "ledger");
  } catch (error) {
    if (!(error instanceof FolderInUseError)) throw error;
    throw new GatewayError("ledger_unavailable", error.message, { cause: error });
  }
}

/**
 * A ledger in memory with a journal on this machine's disk, see {@link openLocalLedger}. A hold is granted once it is in the journal; refusals and
 * balances are answered at once.
 */
export class LocalLedger implements Ledger {
  readonly lost: readonly LostHold[];
  /** Bytes of a last, broken write that were cut off the journal at the start. */
  readonly tornBytes: number;
  readonly #options: LocalLedgerOptions;
  readonly #memory: MemoryLedger;
  readonly #entries: EntryWriter;
  #lock: FolderLock;
  /** The folder that is locked; another folder may take its path. */
  #folder: Stats;
  #segment: number;
  #journal: Journal;
  #compactAtBytes: number;
  #compacting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** Set from when the files are found to be gone until a checkpoint of what this process knows has replaced them. */
  #restoring: GatewayError | undefined;

  constructor(
    options: LocalLedgerOptions,
    memory: MemoryLedger,
    entries: EntryWriter,
    lock: FolderLock,
    folder: Stats,
    recovered: Recovered,
  ) {
    this.#options = options;
    this.#memory = memory;
    this.#entries = entries;
    this.#lock = lock;
    this.#folder = folder;
    this.#segment = recovered.segment;
    this.#journal = this.#openJournal(recovered.bytes);
    this.#compactAtBytes = options.segmentBytes ?? defaultSegmentBytes;
    this.tornBytes = recovered.tornBytes;
    this.lost = takeStock(memory);
  }

  get error(): GatewayError | undefined {
    return this.#journal.error ?? this.#restoring;
  }

  reserve(
    id: string,
    offers: readonly (readonly Claim[])[],
    about?: (offer: number) => string,
  ): Promise<Taken | Refused> | Refused {
    if (this.error !== undefined) throw this.error;
    const outcome = this.#memory.reserve(id, offers, about);
    if (outcome.kind === "taken") return this.#written(outcome, () => this.#memory.settle(id, []));
    // The refusal may have added an account, which is written now, not with the next hold.
    if (!this.#entries.isEmpty) this.#journal.flushSoon();
    return outcome;
  }

  adjust(id: string, claims: readonly Claim[], about?: () => string): Promise<Taken | Refused> | Refused {
    if (this.error !== undefined) throw this.error;
    const outcome = this.#memory.adjust(id, claims, about);
    // If the larger hold cannot be written, it stays in memory until it is settled: too much is held, never too little.
    return outcome.kind === "refused" ? outcome : this.#written(outcome, () => {});
  }

  settle(id: string, actuals: readonly Actual[]): Promise<void> | void {
    if (!this.#memory.state.holds.has(id)) return;
    this.#memory.settle(id, actuals);
    // While the disk takes nothing, the settlement waits with the rest; the exchange is over all the same.
    if (this.error === undefined) return this.#written(undefined, () => {}).catch(() => undefined);
  }

  read(accounts: readonly Account[]): readonly Balance[] {
    return this.#memory.read(accounts);
  }

  accounts(filter?: AccountFilter): Promise<readonly Balance[]> {
    return this.#memory.accounts(filter);
  }

  totals(): Promise<readonly RuleTotal[]> {
    return this.#memory.totals();
  }

  find(accountId: string): Balance | undefined {
    return this.#memory.find(accountId);
  }

  /** See {@link Ledger.introduce}; written with the next change of the account. */
  introduce(account: Account): void {
    if (this.#journal.error !== undefined) throw this.#journal.error;
    this.#memory.introduce(account);
  }

  /** See {@link Ledger.reset}; resolves when it is written. */
  async reset(accountId: string, by: string): Promise<void> {
    if (this.error !== undefined) throw this.error;
    this.#memory.reset(accountId, by);
    await this.#journal.written();
  }

  /** See {@link Ledger.grant}; resolves when it is written. */
  async grant(accountId: string, amount: bigint, by: string): Promise<void> {
    if (this.error !== undefined) throw this.error;
    this.#memory.grant(accountId, amount, by);
    await this.#journal.written();
  }

  openHolds(): number {
    return this.#memory.openHolds();
  }

  /** Writes a checkpoint, so that the next start has nothing to replay, and unlocks the folder in any case. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#compacting;
    if (this.error === undefined) this.#compactSoon();
    await this.#compacting;
    this.#journal.close();
    await this.#lock.close();
  }

  #openJournal(bytes: number): Journal {
    const { folder, onFault } = this.#options;
    return new Journal(segmentPath(folder, this.#segment), bytes, this.#entries, {
      ...this.#options,
      onFault: (error) => {
        onFault?.(error);
        if (this.#journal.isGone) this.#restoreSoon();
      },
    });
  }

  /** Writes a checkpoint of the current state and continues in a new journal segment. Only its caller waits for it. */
  async #compact(): Promise<void> {
    const { folder } = this.#options;
    if (!this.#journal.isGone) this.#journal.seal();
    this.#segment += 1;
    let next: Journal;
    try {
      next = this.#openJournal(0);
    } catch (error) {
      this.#segment -= 1;
      throw error;
    }
    // The checkpoint has what could not be written.
    if (this.#journal.isGone) this.#entries.take();
    this.#journal.close();
    this.#journal = next;
    const frozen = freeze(this.#memory.state, this.#options.clock.nowMs());
    await syncFolder(folder);
    await writeCheckpoint(folder, frozen, this.#segment);
  }

  /** Resolves to a value once every entry so far is written; calls `undo` and rejects when the disk does not take it. */
  async #written<T>(value: T, undo: () => void): Promise<T> {
    if (this.#journal.bytes >= this.#compactAtBytes) this.#compactSoon();
    try {
      await this.#journal.written();
    } catch (error) {
      undo();
      throw error;
    }
    return value;
  }

  /** Replaces files that are gone by a checkpoint from memory, once their folder is back. */
  #restoreSoon(): void {
    if (this.#compacting !== undefined || this.#closing !== undefined) return;
    this.#compacting = this.#restore()
      .catch((error) => {
        this.#options.onFault?.(unwritable(error));
        setTimeout(() => this.#restoreSoon(), this.#options.retryMs ?? defaultRetryMs).unref();
      })
      .finally(() => {
        this.#compacting = undefined;
      });
  }

  async #restore(): Promise<void> {
    const { folder } = this.#options;
    // The folder may be moved or mounted back, so the ledger never makes it again itself.
    const there = await stat(folder);
    if (!this.#journal.isGone && this.#restoring === undefined) return;
    this.#restoring = unwritable(new Error(`the files in ${folder} are gone and not yet made again`));
    if (there.ino !== this.#folder.ino || there.dev !== this.#folder.dev) {
      await this.#lock.close();
      this.#lock = await lockLedger(folder);
      this.#folder = there;
    }
    await this.#compact();
    this.#restoring = undefined;
    this.#options.onRecovered?.();
  }

  #compactSoon(): void {
    this.#compactAtBytes = Number.POSITIVE_INFINITY;
    const segmentBytes = this.#options.segmentBytes ?? defaultSegmentBytes;
    this.#compacting = this.#compact()
      .then(
        () => {
          this.#options.compaction?.onRecovered();
          return segmentBytes;
        },
        (error) => {
          this.#options.compaction?.onFault(error);
          return this.#journal.bytes + segmentBytes;
        },
      )
      .then((bytes) => {
        this.#compactAtBytes = bytes;
        this.#compacting = undefined;
      });
  }
}

/** The holds that the last process left open. Its streams are cut, so their concurrency slots are freed. */
function takeStock({ state }: MemoryLedger): readonly LostHold[] {
  const { table } = state;
  return [...state.holds].map(([id, { openedAtMs, legs, about }]) => {
    const claims: Claim[] = [];
    for (const leg of legs) {
      const account = table.account(leg.row);
      if (account.window.kind === "open") {
        table.columns.held.add(leg.row, -leg.amount);
        leg.amount = 0n;
      } else claims.push({ account, amount: leg.amount });
    }
    return { id, openedAtMs, claims: sumByAccount(claims), about };
  });
}
