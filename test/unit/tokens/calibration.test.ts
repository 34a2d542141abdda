import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Calibration, isSound } from "../../../src/tokens/calibration/calibration.ts";
import { calibratedCounterOf, counterOf } from "../../../src/tokens/models/families.ts";
import { inputCountOf } from "../../../src/tokens/request/input-count.ts";

/** A request that is text alone. */
function textOf(tokens: number) {
  return { counted: tokens, text: tokens };
}

function factorOf(calibration: Calibration, target: string): number {
  return calibration.correction(target, 1.3).factor;
}

describe("Calibration", () => {
  it("nears the ratio of the bills, and is trusted little at first", () => {
    const calibration = new Calibration();
    assert.equal(factorOf(calibration, "a/b"), 1);
    calibration.observe("a/b", textOf(1000), 1300);
    assert.ok(factorOf(calibration, "a/b") < 1.05);
    for (let i = 0; i < 200; i++) calibration.observe("a/b", textOf(1000), i % 2 === 0 ? 1250 : 1350);
    assert.ok(Math.abs(factorOf(calibration, "a/b") - 1.3) < 0.02);
  });

  it("forgets old bills when a model's tokenizer changes", () => {
    const calibration = new Calibration();
    for (let i = 0; i < 1000; i++) calibration.observe("a/b", textOf(1000), 1000);
    for (let i = 0; i < 250; i++) calibration.observe("a/b", textOf(1000), 1330);
    assert.ok(Math.abs(factorOf(calibration, "a/b") - 1.33) < 0.02);
  });

  it("is bounded whatever it is told", () => {
    const calibration = new Calibration();
    for (let i = 0; i < 500; i++) calibration.observe("a/b", textOf(100), 1e12);
    assert.ok(factorOf(calibration, "a/b") <= 4.001);
    for (let i = 0; i < 500; i++) calibration.observe("c/d", textOf(1e12), 1);
    assert.ok(factorOf(calibration, "c/d") >= 0.249);
  });

  it("learns nothing from requests of next to no text", () => {
    const calibration = new Calibration();
    for (const [counted, billed] of [
      [10, 1000],
      [1000, 0],
      [0, 0],
      [1000, -5],
      [Number.NaN, 1],
      [1000, Number.NaN],
    ] as const) {
      calibration.observe("e/f", textOf(counted), billed);
    }
    calibration.observe("e/f", { counted: 3000, text: 1000 }, 9000);
    assert.equal(factorOf(calibration, "e/f"), 1);
    assert.equal(calibration.version, 0);
  });

  it("keeps 256 targets, those billed last", () => {
    const calibration = new Calibration();
    for (let i = 0; i < 400; i++) calibration.observe(`p/m${i}`, textOf(1000), 1100);
    assert.equal(calibration.ratiosKnown().length, 256);
    assert.equal(factorOf(calibration, "p/m0"), 1);
    assert.notEqual(factorOf(calibration, "p/m399"), 1);
  });

  it("comes back from its data, and takes nothing unsound", () => {
    const calibration = new Calibration();
    for (let i = 0; i < 30; i++) calibration.observe("a/b", textOf(1000), 1200);
    const kept = JSON.parse(JSON.stringify(calibration.ratiosKnown()));
    assert.ok(kept.every(isSound));
    assert.deepEqual(new Calibration(kept).correction("a/b", 1.3), calibration.correction("a/b", 1.3));
    for (const damaged of [
      null,
      7,
      { target: "x", observations: 30, logRatio: 50, spread: 0 },
      { target: "y", observations: -1, logRatio: 0, spread: 0 },
      { target: "z", observations: 30, logRatio: null, spread: "no" },
      { target: 5, observations: 30, logRatio: 0, spread: 0 },
    ])
      assert.equal(isSound(damaged), false);
  });

  it("covers what it saw by its safety factor, and never more than was stated", () => {
    const safety = (calibration: Calibration, target: string) =>
      calibration.correction(target, 1.3).safetyFactor;
    const calibration = new Calibration();
    calibration.observe("a/b", textOf(1000), 1300);
    assert.equal(safety(calibration, "a/b"), 1.3);
    for (let i = 0; i < 100; i++) calibration.observe("a/b", textOf(1000), i % 2 === 0 ? 1280 : 1320);
    const factor = safety(calibration, "a/b");
    assert.ok(factor > 1.02 && factor < 1.15, `${factor}`);
    for (let i = 0; i < 100; i++) calibration.observe("c/d", textOf(1000), i % 2 === 0 ? 500 : 2500);
    assert.equal(safety(calibration, "c/d"), 1.3);
  });
});

describe("calibratedCounterOf()", () => {
  const text = "It was the best of times, it was the worst of times. ".repeat(200);
  const none = { tokens: 0, tokensMax: 0 };

  it("counts what is billed in the end, even when its own counts are what is compared", () => {
    const calibration = new Calibration();
    const calibrated = calibratedCounterOf(calibration);
    const billed = Math.round(counterOf("anthropic", "claude-x").count(text) * 1.4);
    for (let i = 0; i < 300; i++) {
      const counter = calibrated("anthropic", "claude-x", "c/claude-x");
      calibration.observe("c/claude-x", inputCountOf(counter, counter.vocabulary.count(text), none), billed);
    }
    const counter = calibrated("anthropic", "claude-x", "c/claude-x");
    assert.ok(Math.abs(counter.count(text) / billed - 1) < 0.01);
    assert.equal(counter.stream().total(), 0);
    assert.equal(
      calibrated("anthropic", "claude-y", "c/claude-y").count(text),
      counterOf("anthropic", "claude-y").count(text),
    );
  });

  it("leaves exact vocabularies exact", () => {
    const calibration = new Calibration();
    for (let i = 0; i < 300; i++) calibration.observe("o/gpt-4o", textOf(1000), 2000);
    assert.equal(
      calibratedCounterOf(calibration)("openai", "gpt-4o", "o/gpt-4o"),
      counterOf("openai", "gpt-4o"),
    );
  });

  it("never makes a hold smaller than the stated error asks for, whatever others were billed", () => {
    const calibration = new Calibration();
    for (let i = 0; i < 300; i++) calibration.observe("c/claude-x", textOf(1000), 300);
    const stated = inputCountOf(counterOf("anthropic", "claude-x"), 1000, none);
    const learnt = inputCountOf(
      calibratedCounterOf(calibration)("anthropic", "claude-x", "c/claude-x"),
      1000,
      none,
    );
    assert.ok(learnt.tokens < stated.tokens / 3);
    assert.equal(learnt.tokensMax, stated.tokensMax);
    assert.equal(learnt.counted, stated.counted);
  });
});
