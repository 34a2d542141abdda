import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseObject } from "../../../../src/dialect/json-view.ts";
import { scriptedFormats } from "../../../support/dialect/scripted-answers.ts";
import {
  dialectOf,
  factsOf,
  translateAnswer,
  translateRequest,
  upstreamDialects,
} from "../../../support/dialect/translation.ts";

const responses = dialectOf("openai-responses");
const shell = {
  type: "function",
  name: "shell",
  strict: false,
  parameters: { type: "object", properties: {} },
};
const custom = (name: string) => ({
  type: "custom",
  name,
  description: "Edits files",
  format: { type: "grammar", syntax: "lark", definition: "start: /.+/s" },
});

/** What an agent that talks Responses sends in its second turn, with tools that are not plain functions. */
const body = {
  model: "m",
  input: [
    { role: "user", content: "hi" },
    { type: "custom_tool_call", id: "ctc_1", call_id: "c1", name: "apply_patch", input: 'a "b"\n' },
    { type: "custom_tool_call_output", call_id: "c1", output: "done" },
    { type: "function_call", id: "fc_1", call_id: "c2", namespace: "mcp__x", name: "shell", arguments: "{}" },
    { type: "function_call_output", call_id: "c2", output: "ok" },
  ],
  tools: [
    shell,
    custom("apply_patch"),
    { type: "web_search", external_web_access: true },
    // The members of a namespace come in any order.
    { type: "namespace", description: "d", tools: [shell], name: "mcp__x" },
  ],
};

const bytesOf = (value: object) => Buffer.from(JSON.stringify(value));
const others = upstreamDialects.filter(({ name }) => name !== "openai-responses");

describe("Responses' custom tools, namespaces and web search", () => {
  for (const upstream of others)
    it(`reach ${upstream.name} as plain functions, their calls and results with them; web search is left out and told`, () => {
      const sent = translateRequest(responses, upstream, bytesOf(body), false);
      const text = sent.body.toString();
      for (const name of ["apply_patch", "mcp__x__shell", "shell"])
        assert.ok(text.includes(`"${name}"`), `${name} in ${text}`);
      assert.match(text, /start: /, "the grammar is told to the model");
      assert.doesNotMatch(text, /web_search|namespace/);
      assert.ok(text.includes('a \\"b\\"') || text.includes('a \\\\\\"b\\\\\\"'), "the earlier input");
      assert.ok(text.includes("done"));
      assert.match(sent.changes.join(), /tools\[2\] dropped/);
    });

  it("keep a choice of one of them", () => {
    const sent = (choice: object) => {
      const chosen = { ...body, tool_choice: choice };
      const { body: bytes } = translateRequest(responses, dialectOf("openai-chat"), bytesOf(chosen), false);
      return parseObject(bytes.toString())?.tool_choice;
    };
    const named = (name: string) => ({ type: "function", function: { name } });
    assert.deepEqual(sent({ type: "custom", name: "apply_patch" }), named("apply_patch"));
    assert.deepEqual(sent({ type: "function", namespace: "mcp__x", name: "shell" }), named("mcp__x__shell"));
  });

  for (const stream of [true, false])
    for (const { name } of others)
      it(`are called by their own names and in their own shape, ${stream ? "streamed" : "whole"} from ${name}`, () => {
        const format = scriptedFormats.find((one) => one.name === name);
        assert.ok(format !== undefined);
        const request = { model: "m", input: "hi", stream, tools: [custom("look")] };
        const facts = factsOf(responses, bytesOf(request), stream);
        const answers = [{ text: ["Well. "], args: ['{"inp', 'ut":"*** \\"Beg', 'in"}'] }];
        const answer = stream ? format.stream(answers) : format.whole(answers);
        const { bytes } = translateAnswer(responses, dialectOf(name), facts, [answer]);
        const call = itemsOf(bytes, stream).find(({ type }) => type === "custom_tool_call");
        assert.ok(call !== undefined, bytes.toString());
        assert.deepEqual([call.name, call.input], ["look", '*** "Begin']);
        assert.match(String(call.id), /^ctc_/);
        if (!stream) return;
        const events = eventsOf(bytes);
        assert.deepEqual(
          events
            .filter(({ type }) => String(type).includes("_call_"))
            .map(({ type, item_id }) => [type, item_id]),
          ["delta", "done"].map((word) => [`response.custom_tool_call_input.${word}`, call.id]),
        );
      });

  it("are called in their namespace", () => {
    const request = { model: "m", input: "hi", stream: true, tools: body.tools };
    const facts = factsOf(responses, bytesOf(request), true);
    const call = {
      index: 0,
      id: "c",
      type: "function",
      function: { name: "mcp__x__shell", arguments: "{}" },
    };
    const chunk = (delta: object, finish: string | null) =>
      `data: ${JSON.stringify({ model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
    const stream = Buffer.from(
      `${chunk({ tool_calls: [call] }, null)}${chunk({}, "tool_calls")}data: [DONE]\n\n`,
    );
    const { bytes } = translateAnswer(responses, dialectOf("openai-chat"), facts, [stream]);
    const [item] = itemsOf(bytes, true);
    assert.deepEqual(
      [item?.type, item?.namespace, item?.name, item?.arguments],
      ["function_call", "mcp__x", "shell", "{}"],
    );
    const done = eventsOf(bytes).find(({ type }) => type === "response.function_call_arguments.done");
    assert.equal(done?.name, "shell");
  });
});

type Json = Readonly<Record<string, unknown>>;

function itemsOf(bytes: Buffer, stream: boolean): readonly Json[] {
  const whole = stream
    ? eventsOf(bytes).find(({ type }) => type === "response.completed")?.response
    : JSON.parse(bytes.toString());
  return (whole as { output: Json[] }).output;
}

function eventsOf(bytes: Buffer): readonly Json[] {
  return [...bytes.toString().matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json ?? ""));
}
