import { readRecords, type StoredRecord } from "../../../src/usage/read.ts";
import { until } from "../core/until.ts";

/** The records of a gateway's usage log, read while it writes. */
export class UsageFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Every record there is now. */
  async all(): Promise<readonly StoredRecord[]> {
    const records: StoredRecord[] = [];
    for await (const record of readRecords(this.#folder)) records.push(record);
    return records;
  }

  /** Every record, once there are at least `count`. */
  async atLeast(count: number): Promise<readonly StoredRecord[]> {
    let records: readonly StoredRecord[] = [];
    await until(`${count} records`, async () => {
      records = await this.all();
      return records.length >= count;
    });
    return records;
  }

  /** The record of the exchange with this id, once it is there. */
  async of(exchangeId: string | null): Promise<StoredRecord> {
    let found: StoredRecord | undefined;
    await until(`a record of exchange ${exchangeId}`, async () => {
      found = (await this.all()).find((record) => record.exchange_id === exchangeId);
      return found !== undefined;
    });
    return found!;
  }

  /** The next record once `work` has been done. */
  async next(work: () => Promise<unknown>): Promise<StoredRecord> {
    const { length } = await this.all();
    await work();
    return (await this.atLeast(length + 1))[length]!;
  }
}
