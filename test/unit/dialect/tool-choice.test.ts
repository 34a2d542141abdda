import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dialects } from "../../../src/dialect/index.ts";

const paths = { "openai-chat": "/v1/chat/completions", "openai-responses": "/v1/responses" };
const byName = { type: "function", function: { name: "look_up_weather" } };

for (const [name, path] of Object.entries(paths))
  describe(`${name}: tool_choice`, () => {
    const inspect = (choice: unknown) => {
      const dialect = dialects.find((one) => one.name === name);
      const operation = dialect?.match("POST", path);
      assert.ok(dialect !== undefined && operation !== undefined);
      const said = [{ role: "user", content: "hi" }];
      const body = { model: "m", messages: said, input: said, tool_choice: choice };
      if (name === "openai-chat") Object.assign(body, { input: undefined });
      else Object.assign(body, { messages: undefined });
      const bytes = Buffer.from(JSON.stringify(body));
      const facts = dialect.inspect(bytes, operation);
      const text = facts.text.map(({ start, end }) => bytes.toString("utf8", start, end)).join(" ");
      return { choices: facts.parts.toolChoices, text };
    };

    it("counts the name of a tool that must be used", () => {
      const { choices, text } = inspect(byName);
      assert.equal(choices, 1);
      assert.match(text, /look_up_weather/);
    });

    it("counts nothing of a word", () => {
      for (const word of ["auto", "required", "none"]) {
        const { choices, text } = inspect(word);
        assert.equal(choices, 0);
        assert.doesNotMatch(text, new RegExp(word));
      }
    });
  });
