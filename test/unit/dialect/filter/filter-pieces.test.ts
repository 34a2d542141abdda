import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { filterPieces } from "../../../../src/dialect/filter/filter-pieces.ts";
import { readAnswer } from "../../../../src/dialect/offload/read-answer.ts";
import { passAnswer } from "../../../support/dialect/passed-answers.ts";
import { type ScriptedFormat, scriptedFormats } from "../../../support/dialect/scripted-answers.ts";
import { dialectOf } from "../../../support/dialect/translation.ts";
import { wordFilter } from "../../../support/dialect/word-filter.ts";

const word = "falcon";
const filter = () => wordFilter(word, 'a "kite" 😀');
const long = 'A falcon, "Ünïcode" and falc, fal\\con 😀.\n'.repeat(6_000);

/** A whole answer as a worker reads it for a filter. */
function read(format: ScriptedFormat, bytes: Buffer) {
  const dialect = dialectOf(format.name);
  const operation = dialect.match("POST", format.path(false));
  assert.ok(operation !== undefined);
  const { stream: _stream, ...request } = format.request as Record<string, unknown>;
  delete request.stream_options;
  const facts = dialect.inspect(Buffer.from(JSON.stringify(request)), operation);
  const context = { id: "x", model: "m", createdSec: 1, inputTokens: 1, facts };
  const headers = [["content-type", "application/json"]] as const;
  const reading = { dialect: format.name, upstream: undefined, status: 200, headers, context, callId: "c" };
  return readAnswer({ ...reading, findTexts: true, writes: true }, [bytes]).answer;
}

for (const format of scriptedFormats)
  describe(`a filter on a large whole answer of ${format.name}`, () => {
    const answer = format.tools
      ? { reasoning: [`a ${word}`], text: [long], args: [JSON.stringify({ a: [word, long] })] }
      : { text: [long] };

    it("makes of it what it makes of a small one", async () => {
      const bytes = format.whole([answer]);
      const { body, texts, seen } = read(format, bytes);
      assert.ok(body !== undefined && texts !== undefined && seen.complete);
      const out = await filterPieces(Buffer.from(body), texts, filter);
      assert.ok(out.equals(passAnswer(format, false, [bytes], filter).bytes));
      assert.ok(!JSON.stringify(JSON.parse(out.toString())).includes(word));
    });

    it("lets others have their turns meanwhile", async () => {
      const { body, texts } = read(format, format.whole([{ text: [long.repeat(4)] }]));
      assert.ok(body !== undefined && texts !== undefined);
      let turns = 0;
      const count = setInterval(() => (turns += 1), 0);
      await filterPieces(Buffer.from(body), texts, filter);
      clearInterval(count);
      assert.ok(turns > 1, `${turns} turns`);
    });
  });
