import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, it } from "node:test";
import { assetPath } from "../../../../src/core/asset.ts";
import { GatewayError } from "../../../../src/core/errors.ts";
import type { Dialect } from "../../../../src/dialect/dialect.ts";
import { type AskedAs, embeddingProviders, embeddingRequests } from "../../../fixtures/embedding-cells.ts";
import {
  answerEmbeddings,
  askEmbeddings,
  embedders,
  embeddingFacts,
} from "../../../support/dialect/embeddings.ts";

const folder = assetPath("test/golden/translation/");

describe("translation of embeddings, cell by cell", () => {
  for (const client of embedders) {
    for (const upstream of embedders.filter((one) => one.name !== client.name)) {
      for (const [name, asked] of Object.entries(embeddingRequests[client.name]!)) {
        it(`${client.name} by ${upstream.name}: ${name}`, () => {
          const file = `${folder}${client.name}/${upstream.name}/${name}.txt`;
          const told = cell(client, upstream, asked);
          if (process.env.UPDATE === "1") {
            mkdirSync(dirname(file), { recursive: true });
            writeFileSync(file, told);
          }
          assert.ok(existsSync(file), `${file} is not there: UPDATE=1 writes it`);
          assert.equal(told, readFileSync(file, "utf8"));
        });
      }
    }
  }
});

/** Everything that happens in one cell of the matrix, as one page. */
function cell(client: Dialect, upstream: Dialect, asked: AskedAs): string {
  const page = [section(`the client asks ${asked.path}`, asked.body)];
  let body: Buffer;
  try {
    const sent = askEmbeddings(client, upstream, asked);
    body = sent.body;
    page.push(section("the provider is asked", JSON.parse(body.toString()), sent.changes));
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    const { code, param, message } = error;
    return [...page, section("refused", { code, param, message })].join("\n");
  }
  const facts = embeddingFacts(client, asked);
  const answer = embeddingProviders[upstream.name]!.answer(facts.messages, JSON.parse(body.toString()));
  const bytes = Buffer.from(JSON.stringify(answer));
  const got = answerEmbeddings(client, upstream, facts, [bytes]);
  const alone = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  assert.deepEqual(answerEmbeddings(client, upstream, facts, [...alone, Buffer.alloc(0)]), got);
  page.push(section("the provider answers", answer));
  page.push(section("the client gets", JSON.parse(got.bytes.toString())));
  return page.join("\n");
}

function section(title: string, value: object, changes: readonly string[] = []): string {
  const warning = changes.length === 0 ? "" : `\n(warning: ${changes.join(", ")})`;
  return `===== ${title}\n${JSON.stringify(value, null, 2)}${warning}\n`;
}
