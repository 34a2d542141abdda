import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assetPath } from "../../../../src/core/asset.ts";
import type { Dialect } from "../../../../src/dialect/dialect.ts";
import type { Feature } from "../../../../src/dialect/feature.ts";
import { parseObject } from "../../../../src/dialect/json-view.ts";
import type { ModelRequest } from "../../../../src/dialect/model-request.ts";
import { type Case, cases, translationRequests } from "../../../fixtures/translation-requests.ts";
import { clientDialects, factsOf, upstreamDialects } from "../../../support/dialect/translation.ts";

const goldens = assetPath("test/golden/");

/** What each case has to ask for, by the features of the table; the others ask for nothing that a format may lack. */
const needs: Readonly<Partial<Record<Case, readonly Feature[]>>> = {
  tools: ["tools", "tool_choice"],
  "parallel-tools": ["tools"],
  image: ["image_base64"],
  document: ["document_base64"],
  "json-schema": ["json_schema"],
  reasoning: ["reasoning", "reasoning_replay"],
};

/** Where a format's own answers are pinned, which pass as they are: no cell of translation. */
const ownGoldens: Readonly<Record<string, readonly string[]>> = {
  "openai-chat": ["stream-tool-calls.txt", "stream-reasoning.txt", "whole.txt", "error-shaped.txt"],
  "anthropic-messages": ["stream-thinking-tool.txt", "stream-text.txt", "whole.txt", "error-shaped.txt"],
  "bedrock-converse": ["stream-tool.txt", "stream-text.txt", "whole.txt", "error-shaped.txt"],
  "gemini-generate": [
    "stream-tool.txt",
    "stream-max-tokens.txt",
    "stream-image.txt",
    "whole.txt",
    "error-shaped.txt",
  ],
};

const cells = clientDialects.flatMap((client) =>
  upstreamDialects.flatMap((upstream) => cases.map((name) => ({ client, upstream, name }))),
);

describe("golden files of translation", () => {
  it("are there for every cell that the table says can be said, and for no other", () => {
    const due = cells
      .filter(({ client, upstream, name }) => client.name !== upstream.name && expressible(upstream, name))
      .map(({ client, upstream, name }) => `${client.name}/${upstream.name}/${name}.txt`);
    const there = readdirSync(`${goldens}translation`, { recursive: true, encoding: "utf8" }).filter(
      (path) =>
        path.endsWith(".txt") &&
        path.split("/").length === 3 &&
        clientDialects.some(({ name }) => path.startsWith(`${name}/`)),
    );
    assert.deepEqual(there.sort(), due.sort());
    // Five clients, each by every format but its own, nine cases: nothing of them is beyond any format.
    assert.equal(due.length, 16 * cases.length);
  });

  it("show no refusal: what is refused is no cell, and has its tests in routing by capability", () => {
    for (const { client, upstream, name } of cells) {
      if (client.name === upstream.name) continue;
      const page = readFileSync(`${goldens}translation/${client.name}/${upstream.name}/${name}.txt`, "utf8");
      assert.doesNotMatch(page, /^===== refused/m, `${client.name}/${upstream.name}/${name}`);
      assert.equal(page.match(/^===== the client gets/gm)?.length, 2, "whole and streamed");
    }
  });

  it("ask in every format for what their case is named after", () => {
    for (const client of clientDialects)
      for (const name of cases) {
        const request = requestOf(client, name);
        for (const feature of needs[name] ?? [])
          assert.ok(request.uses.has(feature), `${client.name} ${name} does not ask for ${feature}`);
        if (name === "parallel-tools") assert.ok(callsIn(request) > 1, client.name);
      }
  });

  it("stand beside those of each format's own answers, which pass untranslated: the four cells of the diagonal", () => {
    for (const { name } of upstreamDialects) {
      const there = readdirSync(`${goldens}${name}`);
      for (const own of ownGoldens[name] ?? []) assert.ok(there.includes(own), `${name}/${own}`);
    }
  });
});

function expressible({ upstream }: Dialect, name: Case): boolean {
  return (needs[name] ?? []).every((feature) => upstream?.supports[feature] !== "refused");
}

function requestOf(client: Dialect, name: Case): ModelRequest {
  const body = Buffer.from(JSON.stringify(translationRequests[client.name]?.[name]));
  const facts = factsOf(client, body, false);
  return client.client!.decodeRequest(parseObject(body.toString())!, facts) as ModelRequest;
}

function callsIn({ turns }: ModelRequest): number {
  return turns.flatMap(({ parts }) => parts).filter(({ type }) => type === "tool_call").length;
}
