import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { systemClock } from "../../../../src/core/clock.ts";
import { GatewayError } from "../../../../src/core/errors.ts";
import { silentLog } from "../../../../src/core/log.ts";
import type { StoredRecord } from "../../../../src/usage/read.ts";
import { Deliveries } from "../../../../src/usage/sink/deliveries.ts";
import { type Delivery, type DeliveryOptions, startDelivery } from "../../../../src/usage/sink/delivery.ts";
import { DeliveryError, type Sink } from "../../../../src/usage/sink/sink.ts";
import { keptLog } from "../../../support/core/kept-log.ts";

let folder = "";
let deliveries: Delivery[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tollgate-sink-"));
  deliveries = [];
});
afterEach(async () => {
  await Promise.all(deliveries.map((delivery) => delivery.close()));
  await rm(folder, { recursive: true, force: true });
});

const segment = (hour: number) => join(folder, `usage-20261121T${hour}-00001.jsonl`);
const lines = (...numbers: readonly number[]) => numbers.map((n) => `${JSON.stringify({ n })}\n`).join("");

/** A sink that keeps the numbers it takes, and fails as told before it does. */
function keeper(fail: (numbers: readonly unknown[]) => GatewayError | undefined = () => undefined) {
  const taken: unknown[][] = [];
  const sink: Sink = {
    name: "keeper",
    async deliver(records: readonly StoredRecord[]) {
      const numbers = records.map((record) => record.n);
      const error = fail(numbers);
      if (error !== undefined) throw error;
      taken.push(numbers);
    },
  };
  return { sink, taken };
}

function start(sink: Sink, options: Partial<DeliveryOptions> = {}): Delivery {
  const delivery = startDelivery({ folder, sink, pollMs: 1, retryMinMs: 1, retryMaxMs: 2, ...options });
  deliveries.push(delivery);
  return delivery;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((done) => setTimeout(done, 1));
}

describe("Deliveries", () => {
  it("goes on with a sink's new credentials at once, however long it was to wait, and skips nothing", async () => {
    const refusing = keeper(() => new DeliveryError("upstream_unavailable", "401", { askedWaitMs: 60_000 }));
    const taking = keeper();
    await writeFile(segment(10), lines(1, 2));
    const all = new Deliveries(folder, { log: silentLog, clock: systemClock });
    try {
      await all.take([refusing.sink]);
      await until(() => (all.health()[0]?.failures ?? 0) > 0);
      await all.take([taking.sink]);
      await until(() => taking.taken.flat().length === 2);
      assert.deepEqual(taking.taken.flat(), [1, 2]);
      await until(() => all.health()[0]?.state === "ok");
    } finally {
      await all.close();
    }
  });

  it("logs a failing sink once, with the reason, and once when it takes records again", async () => {
    let isDown = true;
    const { sink, taken } = keeper(() =>
      isDown ? new DeliveryError("upstream_unavailable", "sink keeper: no answer: ECONNREFUSED") : undefined,
    );
    const { log, lines: logged } = keptLog();
    await writeFile(segment(10), lines(1, 2));
    const all = new Deliveries(folder, { log, clock: systemClock });
    try {
      await all.take([sink]);
      await until(() => (all.health()[0]?.failures ?? 0) >= 2);
      isDown = false;
      await until(() => taken.flat().length === 2 && logged.length === 2);
      assert.deepEqual(
        logged.map(({ level, message, fields: { cause } }) => [level, message, cause]),
        [
          [
            "error",
            "usage sink keeper: takes no records: they wait in the usage log",
            "sink keeper: no answer: ECONNREFUSED",
          ],
          ["warn", "usage sink keeper: takes records again", undefined],
        ],
      );
    } finally {
      await all.close();
    }
  });

  it("logs records that a sink refuses in a bounded number of lines", async () => {
    const { sink } = keeper(() => new DeliveryError("invalid_request", "sink keeper: answered 422"));
    const { log, lines: logged } = keptLog();
    await writeFile(segment(10), lines(...Array.from({ length: 40 }, (_, n) => n)));
    const all = new Deliveries(folder, { log, clock: systemClock });
    try {
      await all.take([sink]);
      await until(() => all.health()[0]?.refusedRecords === 40);
      assert.deepEqual(
        logged.map(({ message, fields: { cause } }) => [message, cause]),
        [
          [
            "usage sink keeper: refuses records: each is kept in refused-keeper.jsonl",
            "sink keeper: answered 422",
          ],
        ],
      );
    } finally {
      await all.close();
    }
  });

  it("begins with a sink that was not there, and ends one that is not there any more", async () => {
    const [first, second] = [keeper(), keeper()];
    const other = { ...second.sink, name: "other" };
    await writeFile(segment(10), lines(1));
    const all = new Deliveries(folder, { log: silentLog, clock: systemClock });
    try {
      await all.take([first.sink]);
      await until(() => first.taken.flat().length === 1);
      await all.take([other]);
      await until(() => second.taken.flat().length === 1);
      await appendFile(segment(10), lines(2));
      await until(() => second.taken.flat().length === 2);
      assert.deepEqual(first.taken.flat(), [1]);
      assert.deepEqual(
        all.health().map(({ sink }) => sink),
        ["other"],
      );
    } finally {
      await all.close();
    }
  });
});

describe("startDelivery()", () => {
  it("delivers what is there and what comes, segment after segment, in order", async () => {
    const { sink, taken } = keeper();
    await writeFile(segment(10), lines(1, 2));
    start(sink);
    await until(() => taken.flat().length === 2);
    await appendFile(segment(10), lines(3));
    await writeFile(segment(11), lines(4));
    await until(() => taken.flat().length === 4);
    assert.deepEqual(taken.flat(), [1, 2, 3, 4]);
  });

  it("goes on where it stood after a restart", async () => {
    await writeFile(segment(10), lines(1, 2));
    const first = keeper();
    const delivery = start(first.sink);
    await until(() => first.taken.flat().length === 2);
    await delivery.close();
    await appendFile(segment(10), lines(3));
    const second = keeper();
    start(second.sink);
    await until(() => second.taken.flat().length === 1);
    assert.deepEqual(second.taken.flat(), [3]);
  });

  it("delivers again what was taken when the process died before it was noted", async () => {
    await writeFile(segment(10), lines(1, 2));
    const { sink, taken } = keeper();
    const delivery = start(sink);
    await until(() => taken.flat().length === 2);
    await delivery.close();
    await rm(join(folder, "cursor-keeper.json"));
    start(sink);
    await until(() => taken.flat().length === 4);
    assert.deepEqual(taken.flat(), [1, 2, 1, 2]);
  });

  it("keeps no more than a batch in memory", async () => {
    await writeFile(segment(10), lines(...Array.from({ length: 100 }, (_, n) => n)));
    const { sink, taken } = keeper();
    start(sink, { batchRecords: 7 });
    await until(() => taken.flat().length === 100);
    assert.ok(taken.every((batch) => batch.length <= 7));
    taken.length = 0;
    await appendFile(segment(10), lines(...Array.from({ length: 100 }, (_, n) => n)));
    await until(() => taken.flat().length === 100);
    const small = keeper();
    start({ ...small.sink, name: "bytes" }, { batchBytes: 32 });
    await until(() => small.taken.flat().length === 200);
    assert.ok(small.taken.every((batch) => batch.length <= 4));
  });

  it("waits for the end of the line being written, and reads lines longer than its batch", async () => {
    const { sink, taken } = keeper();
    await writeFile(segment(10), `{"n":1,"text":"${"x".repeat(5_000)}`);
    const delivery = start(sink, { batchBytes: 100 });
    await until(() => delivery.health().state === "ok");
    assert.deepEqual(taken, []);
    await appendFile(segment(10), '"}\n');
    await until(() => taken.length === 1);
    assert.deepEqual(taken, [[1]]);
  });

  it("says what fails and what waits, and loses nothing", async () => {
    let down = true;
    const { sink, taken } = keeper(() =>
      down ? new GatewayError("upstream_unavailable", "no answer") : undefined,
    );
    await writeFile(segment(10), lines(1, 2));
    await writeFile(segment(11), lines(3));
    const delivery = start(sink);
    await until(() => delivery.health().failures >= 3);
    const { state, error, waitingBytes, deliveredRecords } = delivery.health();
    assert.deepEqual(
      { state, error, waitingBytes, deliveredRecords },
      {
        state: "retrying",
        error: "no answer",
        waitingBytes: lines(1, 2, 3).length,
        deliveredRecords: 0,
      },
    );
    down = false;
    await until(() => delivery.health().deliveredRecords === 3);
    assert.deepEqual(taken.flat(), [1, 2, 3]);
    assert.equal(delivery.health().state, "ok");
    assert.equal(delivery.health().waitingBytes, 0);
  });

  it("sets a record aside that the sink will never take, and delivers all others once", async () => {
    const { sink, taken } = keeper((numbers) =>
      numbers.includes(5) ? new GatewayError("invalid_request", "answered 400") : undefined,
    );
    await writeFile(segment(10), lines(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
    const delivery = start(sink);
    await until(() => taken.flat().length === 9);
    assert.deepEqual(taken.flat(), [0, 1, 2, 3, 4, 6, 7, 8, 9]);
    assert.equal(await readFile(join(folder, "refused-keeper.jsonl"), "utf8"), lines(5));
    assert.equal(delivery.health().refusedRecords, 1);
  });

  it("passes over lines that are no records, and segments that are gone", async () => {
    await writeFile(segment(10), `${lines(1)}\0\0\n`);
    const { sink, taken } = keeper();
    const delivery = start(sink);
    await until(() => delivery.health().unreadableLines === 1);
    await rm(segment(10));
    await writeFile(segment(12), lines(2));
    await until(() => taken.flat().length === 2);
    assert.deepEqual(taken.flat(), [1, 2]);
  });
});
