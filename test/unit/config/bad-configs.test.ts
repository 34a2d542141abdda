import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { loadConfig } from "../../../src/config/load.ts";
import { formatProblem } from "../../../src/config/problem.ts";
import { assetPath } from "../../../src/core/asset.ts";

const folder = assetPath("test/golden/config/");
const now = Date.parse("2026-11-01T12:00:00Z");
const clock = { nowMs: () => now, monotonicMs: () => 0 };
const secret = "sk-canary-4711";
const env = {
  API_KEY: secret,
  EMPTY: "",
  EDGE_TOKEN: `${secret}-of-envoy`,
  LINE_END: `${secret}\n`,
  TWO_LINES: `${secret}\n${secret}`,
  SPACED: "two words",
  OPENAI_API_KEY: secret,
  AZURE_KEY: secret,
  ANTHROPIC_API_KEY: secret,
  GEMINI_API_KEY: secret,
};
const dashes = "----\n";

// A golden file is a tollgate.yaml, other files each behind `==== NAME`, a dashed line, and the problems. UPDATE=1 writes them anew.
describe("a mistake in a config is named where it is:", () => {
  for (const name of readdirSync(folder).sort())
    it(name.replace(/\.txt$/, "").replaceAll("-", " "), () => {
      const path = join(folder, name);
      const [input = "", expected] = readFileSync(path, "utf8").split(dashes);
      const actual = problemsOf(input);
      if (process.env.UPDATE === "1") writeFileSync(path, `${input}${dashes}${actual}`);
      else assert.equal(actual, expected);
      assert.ok(!actual.includes(secret), "no secret in a problem");
    });
});

function problemsOf(input: string): string {
  const scratch = mkdtempSync(join(tmpdir(), "tollgate-config-"));
  try {
    const [config = "", ...others] = input.split(/^==== (?=\S)/m);
    writeFileSync(join(scratch, "tollgate.yaml"), config);
    for (const other of others) {
      const [name = "", ...lines] = other.split("\n");
      mkdirSync(dirname(join(scratch, name)), { recursive: true });
      writeFileSync(join(scratch, name), lines.join("\n"));
    }
    const loaded = loadConfig(join(scratch, "tollgate.yaml"), env, clock);
    if (loaded.kind === "snapshot") return "no problems\n";
    return `${loaded.problems.map(formatProblem).join("\n").replaceAll(`${scratch}/`, "")}\n`;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
