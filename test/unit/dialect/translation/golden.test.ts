import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, it } from "node:test";
import { assetPath } from "../../../../src/core/asset.ts";
import { GatewayError } from "../../../../src/core/errors.ts";
import type { Dialect } from "../../../../src/dialect/dialect.ts";
import { answerOf, translationAnswers } from "../../../fixtures/translation-answers.ts";
import {
  type Case,
  cases,
  streamedInBody,
  translationRequests,
} from "../../../fixtures/translation-requests.ts";
import {
  clientDialects,
  factsOf,
  streamBytes,
  streamText,
  translateAnswer,
  translateRequest,
  upstreamDialects,
} from "../../../support/dialect/translation.ts";

const folder = assetPath("test/golden/translation/");

describe("translation, cell by cell", () => {
  for (const client of clientDialects) {
    for (const upstream of upstreamDialects.filter((one) => one.name !== client.name)) {
      for (const name of cases) {
        it(`${client.name} by ${upstream.name}: ${name}`, () => {
          const file = `${folder}${client.name}/${upstream.name}/${name}.txt`;
          const told = cell(client, upstream, name);
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
function cell(client: Dialect, upstream: Dialect, name: Case): string {
  const request = translationRequests[client.name]?.[name] ?? {};
  const body = bodyOf(client, request, false);
  const page = [section("the client asks", pretty(request))];
  try {
    const asked = translateRequest(client, upstream, body, false);
    const warning = asked.changes.length === 0 ? "" : `\n(warning: ${asked.changes.join(", ")})`;
    page.push(section("the provider is asked", pretty(JSON.parse(asked.body.toString())) + warning));
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    const { code, param, message } = error;
    return [...page, section("refused", pretty({ code, param, message }))].join("\n");
  }
  const { whole, stream } = translationAnswers[upstream.name]![answerOf[name]];
  page.push(section("the provider answers", pretty(whole)));
  if (name === "error") page.push(section("the client gets", errorText(client)));
  else {
    const bytes = Buffer.from(JSON.stringify(whole));
    const got = translateAnswer(client, upstream, factsOf(client, body, false), [bytes]);
    page.push(section("the client gets", pretty(JSON.parse(got.bytes.toString()))));
  }
  page.push(
    section("the provider streams", stream),
    section("the client gets", streamed(client, upstream, request, stream)),
  );
  return page.join("\n");
}

/** The stream a client gets: the same however the provider's bytes are cut. */
function streamed(client: Dialect, upstream: Dialect, request: object, stream: string): string {
  const facts = factsOf(client, bodyOf(client, request, true), true);
  const bytes = streamBytes(upstream.name, stream);
  const got = translateAnswer(client, upstream, facts, [bytes]);
  const alone = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  assert.deepEqual(translateAnswer(client, upstream, facts, alone), got, "every byte alone");
  assert.deepEqual(translateAnswer(client, upstream, facts, [bytes, Buffer.alloc(0)]), got, "an empty end");
  for (let at = 1; at < bytes.length; at += 29)
    assert.deepEqual(
      translateAnswer(client, upstream, facts, [bytes.subarray(0, at), bytes.subarray(at)]),
      got,
      `cut at ${at}`,
    );
  return streamText(client.name, got.bytes);
}

function errorText(client: Dialect): string {
  const error = new GatewayError("upstream_unavailable", "overloaded");
  return pretty(JSON.parse(client.encodeError(error, "req-1").body.toString()));
}

function bodyOf(client: Dialect, request: object, stream: boolean): Buffer {
  const inBody = stream && streamedInBody.has(client.name);
  return Buffer.from(JSON.stringify(inBody ? { ...request, stream: true } : request));
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

function section(title: string, text: string): string {
  return `===== ${title}\n${text.trimEnd()}\n`;
}
