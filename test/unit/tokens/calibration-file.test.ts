import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { openCalibration } from "../../../src/tokens/calibration/calibration-file.ts";

describe("openCalibration()", () => {
  const folder = mkdtempSync(join(tmpdir(), "tg-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const fail = { onFault: (error: unknown) => assert.fail(String(error)), onRecovered: () => {} };

  it("knows after a restart what was learnt before, and leaves no other file", async () => {
    const path = join(folder, "deep", "calibration.json");
    const first = await openCalibration(path, fail);
    for (let i = 0; i < 30; i++) first.calibration.observe("a/b", { counted: 1000, text: 1000 }, 1200);
    await first.close();
    const second = await openCalibration(path, fail);
    assert.deepEqual(second.calibration.ratiosKnown(), first.calibration.ratiosKnown());
    await second.close();
    assert.deepEqual(readdirSync(join(folder, "deep")), ["calibration.json"]);
  });

  it("writes nothing when nothing was learnt", async () => {
    const path = join(folder, "none.json");
    await (await openCalibration(path, fail)).close();
    assert.ok(!readdirSync(folder).includes("none.json"));
  });

  for (const damaged of [
    "",
    "{",
    "[]",
    "null",
    '{"version":2,"ratios":[]}',
    '{"version":1,"ratios":[{"target":"x"}]}',
  ]) {
    it(`begins anew with the file ${damaged}`, async () => {
      const path = join(folder, "damaged.json");
      writeFileSync(path, damaged);
      const kept = await openCalibration(path, fail);
      assert.deepEqual(kept.calibration.ratiosKnown(), []);
      await kept.close();
      assert.equal(readFileSync(path, "utf8"), damaged);
    });
  }

  it("says when it cannot write, and goes on", async () => {
    const errors: unknown[] = [];
    writeFileSync(join(folder, "file"), "");
    const kept = await openCalibration(join(folder, "file", "calibration.json"), {
      onFault: (error) => errors.push(error),
      onRecovered: () => {},
    });
    kept.calibration.observe("a/b", { counted: 1000, text: 1000 }, 1200);
    await kept.close();
    assert.equal(errors.length, 1);
  });
});
