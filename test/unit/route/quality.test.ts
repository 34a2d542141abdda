import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type CheckedPlace, Quality } from "../../../src/route/quality.ts";

const minutesMs = 60_000;
const target = { backend: "alpha", model: "m" };
const place: CheckedPlace = { target, model: "fast", workflow: "classify" };

function noted(passed: number, failed: number, at = place): Quality {
  const quality = new Quality();
  for (let count = 0; count < passed; count += 1) quality.note(at, true, 0);
  for (let count = 0; count < failed; count += 1) quality.note(at, false, 0);
  return quality;
}

describe("Quality", () => {
  it("tells the share of answers that passed, once there are enough of them", () => {
    assert.equal(noted(6, 3).passRate(place, 0), undefined);
    assert.equal(noted(6, 4).passRate(place, 0), 0.6);
  });

  it("keeps workflows and models apart, and takes a model's whole where a workflow is new", () => {
    const quality = noted(10, 10);
    for (let count = 0; count < 10; count += 1) quality.note({ ...place, workflow: "extract" }, true, 0);
    assert.equal(quality.passRate(place, 0), 0.5);
    assert.equal(quality.passRate({ ...place, workflow: "extract" }, 0), 1);
    assert.equal(quality.passRate({ ...place, workflow: "new" }, 0), 20 / 30);
    assert.equal(quality.passRate({ ...place, model: "other" }, 0), undefined);
    assert.equal(quality.passRate({ ...place, target: { ...target, model: "n" } }, 0), undefined);
  });

  it("forgets: half of what was seen after ten minutes, until it can tell no more", () => {
    const quality = noted(0, 32);
    assert.equal(quality.passRate(place, 10 * minutesMs), 0);
    assert.equal(quality.passRate(place, 20 * minutesMs), undefined);
    const mended = noted(0, 32);
    for (let count = 0; count < 16; count += 1) mended.note(place, true, 10 * minutesMs);
    assert.equal(mended.passRate(place, 10 * minutesMs), 0.5);
  });

  it("lists what it knows of a target, over all workflows and by each", () => {
    const quality = noted(3, 1);
    assert.deepEqual(quality.list("alpha/m", 0), [
      { model: "fast", workflow: "", passRate: 0.75, answers: 4 },
      { model: "fast", workflow: "classify", passRate: 0.75, answers: 4 },
    ]);
    assert.deepEqual(quality.list("alpha/other", 0), []);
    assert.deepEqual(quality.list("alpha/m", 100 * minutesMs), []);
  });

  it("keeps a bounded number of tallies, whatever workflows are named", () => {
    const quality = noted(0, 10);
    for (let count = 0; count < 10_000; count += 1)
      quality.note({ ...place, workflow: `w${count}`, model: "other" }, true, 0);
    assert.ok(quality.list("alpha/m", 0).length <= 8_192);
    assert.equal(quality.passRate(place, 0), undefined);
  });
});
