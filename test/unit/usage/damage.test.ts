import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { seal } from "../../../src/core/seal.ts";
import { openUsageLog } from "../../../src/usage/log.ts";
import { readRecords } from "../../../src/usage/read.ts";
import { readCursor, writeCursor } from "../../../src/usage/sink/cursor.ts";
import { damagedLines } from "../../../src/usage/verify.ts";
import { manualClock } from "../../support/core/manual-clock.ts";

const folder = await mkdtemp(join(tmpdir(), "tollgate-damage-"));
after(() => rm(folder, { recursive: true, force: true }));
const clock = manualClock("2026-11-21T14:30:00Z");
const time = "2026-11-21T14:30:00.000Z";
const line = (n: number) => seal(JSON.stringify({ n, tenant_id: `tenant-${n}`, time }));

async function records(): Promise<string[]> {
  const found: string[] = [];
  for await (const record of readRecords(folder)) found.push(JSON.stringify(record));
  return found;
}

async function logOf(lines: readonly string[]): Promise<string> {
  const log = await openUsageLog({ folder, clock });
  for (const one of lines) log.append(one);
  await log.close();
  const [name = ""] = await readdir(folder);
  return join(folder, name);
}

describe("a usage log with one byte changed", () => {
  it("gives no record that was not written, and names the damaged line, whatever the byte", async () => {
    const path = await logOf([1, 2, 3].map(line));
    const whole = await readFile(path);
    const written = await records();
    for (let at = 0; at < whole.length; at++)
      for (const flip of [0x01, 0x20, 0xff]) {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        await writeFile(path, bytes);
        // What is wrong with the checksum's own name leaves a record with one odd key more.
        const found = (await records()).map((one) => one.replace(/(?<=00Z"),"[^"]*":"[^"]*"\}$/, "}"));
        for (const record of found) assert.ok(written.includes(record), `byte ${at}: ${record}`);
        const named: string[] = [];
        for await (const { at: start, bytes: length } of damagedLines(folder)) {
          assert.ok(at >= start && at <= start + length, `byte ${at} is in ${start} + ${length}`);
          named.push(`${start}`);
        }
        assert.ok(
          found.length === written.length || named.length === 1 || at === whole.length - 1,
          `byte ${at}`,
        );
      }
    await rm(path);
  });

  it("keeps a last record whose line end alone is damaged, and tells of an end that it cuts off", async () => {
    const path = await logOf([1, 2].map(line));
    const whole = await readFile(path);
    const torn: number[] = [];
    const reopen = async () => {
      const log = await openUsageLog({ folder, clock, onTorn: ({ bytes }) => torn.push(bytes) });
      await log.close();
      return (await records()).length;
    };
    await writeFile(path, Buffer.concat([whole.subarray(0, -1), Buffer.from("X")]));
    assert.equal(await reopen(), 2);
    await writeFile(path, whole.subarray(0, -1));
    assert.equal(await reopen(), 2);
    assert.deepEqual(torn, []);
    await writeFile(path, whole.subarray(0, -5));
    assert.equal(await reopen(), 1);
    assert.deepEqual(torn, [line(2).length - 4]);
    await rm(path);
  });

  it("reads lines of before there were checksums", async () => {
    const path = await logOf([JSON.stringify({ n: 1, time })]);
    assert.deepEqual(await records(), [JSON.stringify({ n: 1, time })]);
    await rm(path);
  });
});

describe("a cursor with one byte changed", () => {
  it("is where it was, or refused by name, whatever the byte", async () => {
    const path = join(folder, "cursor-x.json");
    const cursor = { segment: "usage-20261121T14-00001.jsonl", offset: 12_345 };
    await writeCursor(path, cursor);
    const whole = await readFile(path);
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0x01;
      await writeFile(path, bytes);
      const found = await readCursor(path).catch((error: Error) => error.message);
      if (typeof found === "string") assert.match(found, /cursor-x\.json is damaged/);
      else assert.deepEqual(found, cursor, `byte ${at}`);
    }
  });
});
