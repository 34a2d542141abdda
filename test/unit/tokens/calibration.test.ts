import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Calibration } from "../../../src/tokens/calibration.ts";
import { calibratedCounterOf, calibrationKey, counterOf } from "../../../src/tokens/families.ts";

describe("Calibration", () => {
  it("nears the ratio of the bills, and is trusted little at first", () => {
    const calibration = new Calibration();
    assert.equal(calibration.correction("a/b"), 1);
    calibration.observe("a/b", 1000, 1300);
    assert.ok(calibration.correction("a/b") < 1.05);
    for (let i = 0; i < 200; i++) calibration.observe("a/b", 1000, i % 2 === 0 ? 1250 : 1350);
    assert.ok(Math.abs(calibration.correction("a/b") - 1.3) < 0.02);
  });

  it("forgets old bills when a model's tokenizer changes", () => {
    const calibration = new Calibration();
    for (let i = 0; i < 1000; i++) calibration.observe("a/b", 1000, 1000);
    for (let i = 0; i < 250; i++) calibration.observe("a/b", 1000, 1330);
    assert.ok(Math.abs(calibration.correction("a/b") - 1.33) < 0.02);
  });

  it("is bounded whatever it is told", () => {
    const calibration = new Calibration();
    for (let i = 0; i < 500; i++) calibration.observe("a/b", 100, 1e12);
    assert.ok(calibration.correction("a/b") <= 4.001);
    for (let i = 0; i < 500; i++) calibration.observe("c/d", 1e12, 1);
    assert.ok(calibration.correction("c/d") >= 0.249);
    for (const [counted, billed] of [
      [10, 1000],
      [1000, 0],
      [0, 0],
      [1000, -5],
      [Number.NaN, 1],
      [1000, Number.NaN],
    ] as const) {
      calibration.observe("e/f", counted, billed);
    }
    assert.equal(calibration.correction("e/f"), 1);
  });

  it("keeps a thousand models, those seen last", () => {
    const calibration = new Calibration();
    for (let i = 0; i < 1500; i++) calibration.observe(`p/m${i}`, 1000, 1100);
    assert.equal(calibration.data().length, 1000);
    assert.equal(calibration.correction("p/m0"), 1);
    assert.notEqual(calibration.correction("p/m1499"), 1);
  });

  it("comes back from its data, and takes nothing unsound", () => {
    const calibration = new Calibration();
    for (let i = 0; i < 30; i++) calibration.observe("a/b", 1000, 1200);
    const data = JSON.parse(JSON.stringify(calibration.data()));
    assert.equal(new Calibration(data).correction("a/b"), calibration.correction("a/b"));
    const damaged = [
      { key: "x", observations: 30, logRatio: 50, spread: 0 },
      { key: "y", observations: -1, logRatio: 0, spread: 0 },
      { key: "z", observations: 30, logRatio: null, spread: "no" },
    ];
    assert.equal(new Calibration(damaged as never).data().length, 0);
  });

  it("covers what it saw by its safety factor, and never more than was stated", () => {
    const calibration = new Calibration();
    assert.equal(calibration.safetyFactor("a/b", 1.3), 1.3);
    for (let i = 0; i < 100; i++) calibration.observe("a/b", 1000, i % 2 === 0 ? 1280 : 1320);
    const factor = calibration.safetyFactor("a/b", 1.3);
    assert.ok(factor > 1.02 && factor < 1.15, `${factor}`);
    for (let i = 0; i < 100; i++) calibration.observe("c/d", 1000, i % 2 === 0 ? 500 : 2500);
    assert.equal(calibration.safetyFactor("c/d", 1.3), 1.3);
  });
});

describe("calibratedCounterOf()", () => {
  const text = "It was the best of times, it was the worst of times. ".repeat(200);

  it("counts what is billed in the end, even when its own counts are what is compared", () => {
    const calibration = new Calibration();
    const calibrated = calibratedCounterOf(calibration);
    const billed = Math.round(counterOf("anthropic", "claude-x").count(text) * 1.4);
    for (let i = 0; i < 300; i++) {
      const counter = calibrated("anthropic", "claude-x");
      calibration.observe(
        calibrationKey("anthropic", "claude-x"),
        counter.count(text) / counter.correction,
        billed,
      );
    }
    const counter = calibrated("anthropic", "claude-x");
    assert.ok(Math.abs(counter.count(text) / billed - 1) < 0.01);
    assert.ok(counter.safetyFactor < counterOf("anthropic", "claude-x").safetyFactor);
    assert.equal(
      calibrated("anthropic", "claude-y").count(text),
      counterOf("anthropic", "claude-y").count(text),
    );
  });

  it("leaves exact vocabularies exact", () => {
    const calibration = new Calibration();
    for (let i = 0; i < 300; i++) calibration.observe(calibrationKey("openai", "gpt-4o"), 1000, 2000);
    assert.equal(calibratedCounterOf(calibration)("openai", "gpt-4o"), counterOf("openai", "gpt-4o"));
  });
});
