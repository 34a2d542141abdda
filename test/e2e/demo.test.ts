import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { packageRoot } from "../../src/core/asset.ts";
import { runLine } from "../support/stack/terminal.ts";

describe("the demo", () => {
  let out = "";
  before(async () => {
    const result = await runLine(["demo"], {
      cwd: packageRoot,
      env: { ...process.env } as Record<string, string>,
    });
    assert.equal(result.code, 0, result.err);
    out = result.out;
  });

  const shows: readonly (readonly [string, RegExp])[] = [
    ["a call", /^1\. a call +200 by alpha: ".+"…$/m],
    ["a stream to its end", /^2\. a stream +200 by alpha: \d+ events, the last \[DONE\]$/m],
    ["a fallback", /^3\. .+ 200 by beta: /m],
    ["a budget that lets a call pass", /^4\. .+ 200 by alpha: /m],
    ["and is used up", /^ +the same again +429 insufficient_quota: budget tenant-day/m],
    [
      "a client that leaves, and its provider cut off",
      /^5\. .+ 200, left after \d+ bytes; .+ cut off \d+ ms later$/m,
    ],
    ["one record for each exchange", /^6 usage records, one for each exchange:$/m],
    ["the record of the fallback", /beta\/gpt-4\.1-mini .+ completed, after a fallback$/m],
    ["the record of the refusal", /denied, insufficient_quota$/m],
    ["the sum of all of them", /^total +6 /m],
  ];
  for (const [title, line] of shows) it(`shows ${title}`, () => assert.match(out, line));
});
