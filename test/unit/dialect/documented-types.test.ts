import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { inspectAt, isRefusal, requestPlaces } from "../../support/dialect/request-places.ts";

/** A vendor's SDK: what its declarations say a request may hold. */
class Declarations {
  readonly #text: string;

  constructor(path: string) {
    this.#text = readFileSync(join("node_modules", path), "utf8");
  }

  /** The values of `type` that the interfaces of a union have. */
  typesOf(union: string): readonly string[] {
    return this.#membersOf(union).flatMap((name) => {
      const line = /\n {4,8}type\??: ([^;]+);/.exec(this.#bodyOf(name));
      assert.ok(line?.[1] !== undefined, `${name} has no type`);
      return [...line[1].matchAll(/'([^']+)'/g)].map((match) => match[1] ?? "");
    });
  }

  /** The keys of a union whose members have one key each (`ContentBlock.TextMember`). */
  keysOf(union: string): readonly string[] {
    return this.#membersOf(union)
      .filter((name) => name !== "$UnknownMember")
      .map((name) => name.charAt(0).toLowerCase() + name.slice(1).replace(/Member$/, ""));
  }

  /** The names of an interface's members. */
  namesOf(name: string): readonly string[] {
    return [...this.#bodyOf(name).matchAll(/\n {4}(\w+)\??:/g)].map((match) => match[1] ?? "");
  }

  #membersOf(union: string): readonly string[] {
    const line = new RegExp(`export type ${union} = ([^;]+);`).exec(this.#text);
    assert.ok(line?.[1] !== undefined, `${union} is no union`);
    return line[1].split("|").map((name) => name.trim().replace(/^.*\./, ""));
  }

  #bodyOf(name: string): string {
    const body = new RegExp(
      `\\n( *)(?:export )?(?:declare )?interface ${name}\\b[^{]*\\{([^]*?)\\n\\1\\}`,
    ).exec(this.#text);
    assert.ok(body?.[2] !== undefined, `${name} is no interface`);
    return body[2];
  }
}

const responses = new Declarations("openai/resources/responses/responses.d.ts");
const messages = new Declarations("@anthropic-ai/sdk/resources/messages/messages.d.ts");
const betaMessages = new Declarations("@anthropic-ai/sdk/resources/beta/messages/messages.d.ts");
const gemini = new Declarations("@google/genai/dist/genai.d.ts");
const converse = new Declarations("@aws-sdk/client-bedrock-runtime/dist-types/models/models_0.d.ts");

/** What a place may hold by its vendor's SDK, and which of it is counted; all the rest is refused by its name. */
interface Row {
  readonly documented: readonly string[];
  readonly counted: readonly string[];
  /** Beside the type, what a thing of it needs. */
  readonly more?: object;
}

const byType: Partial<Record<keyof typeof requestPlaces, Row>> = {
  responsesItem: {
    documented: responses.typesOf("ResponseInputItem"),
    counted: [
      "message",
      "reasoning",
      "function_call",
      "function_call_output",
      "custom_tool_call",
      "custom_tool_call_output",
    ],
  },
  responsesTool: {
    documented: responses.typesOf("Tool"),
    // Providers of the format are not asked with a web search: see `unit/exchange/hosted-tool`.
    counted: ["function", "custom", "namespace", "web_search", "web_search_preview"],
  },
  responsesPart: {
    documented: responses.typesOf("ResponseInputContent"),
    counted: ["input_text", "input_image", "input_file"],
    more: { image_url: "https://x.example/a.png" },
  },
  messagesBlock: {
    documented: [...messages.typesOf("ContentBlockParam"), ...betaMessages.typesOf("BetaContentBlockParam")],
    counted: [
      "text",
      "image",
      "document",
      "search_result",
      "thinking",
      "redacted_thinking",
      "tool_use",
      "tool_result",
      "server_tool_use",
      "web_search_tool_result",
    ],
  },
  messagesTool: {
    documented: [...messages.typesOf("ToolUnion"), ...betaMessages.typesOf("BetaToolUnion")],
    counted: ["custom", "bash", "text_editor", "memory", "computer"],
  },
};

/** The same of formats in which the name of the member says what a thing is. */
const byName: Partial<Record<keyof typeof requestPlaces, Row>> = {
  geminiPart: {
    documented: gemini.namesOf("Part"),
    counted: [
      "text",
      "inlineData",
      "functionCall",
      "functionResponse",
      "executableCode",
      "codeExecutionResult",
      "thought",
      "thoughtSignature",
      "partMetadata",
    ],
  },
  geminiTool: { documented: gemini.namesOf("Tool"), counted: ["functionDeclarations"] },
  converseBlock: {
    documented: [...converse.keysOf("ContentBlock"), ...converse.keysOf("SystemContentBlock")],
    counted: [
      "text",
      "image",
      "document",
      "video",
      "audio",
      "toolUse",
      "toolResult",
      "reasoningContent",
      "citationsContent",
      "searchResult",
      "cachePoint",
    ],
  },
  converseTool: { documented: converse.keysOf("Tool"), counted: ["toolSpec", "cachePoint"] },
};

const dated = /_(?:\d{8}|\d{4}_\d{2}_\d{2})$/;

/** Whether a request with this is read; a refusal must name what it refuses. */
function isCounted(place: keyof typeof requestPlaces, thing: object, name: string): boolean {
  try {
    inspectAt(requestPlaces[place], requestPlaces[place].put(thing));
    return true;
  } catch (error) {
    assert.ok(isRefusal(error) && String(error).includes(name), `${name}: ${String(error)}`);
    return false;
  }
}

describe("What a vendor's SDK says a request may hold", () => {
  for (const [place, row] of Object.entries(byType) as [keyof typeof requestPlaces, Row][])
    it(`is counted or refused by its name, by its type: ${place}`, () => {
      assert.ok(row.documented.length > 2);
      for (const type of row.documented) {
        const name = type.replace(dated, "");
        const thing = {
          type,
          ...row.more,
          ...(name === "message" ? { role: "user", content: "x" } : undefined),
        };
        assert.equal(isCounted(place, thing, name), row.counted.includes(name), type);
      }
    });

  for (const [place, row] of Object.entries(byName) as [keyof typeof requestPlaces, Row][])
    it(`is counted or refused by its name, by its member: ${place}`, () => {
      assert.ok(row.documented.length > 2);
      for (const name of row.documented)
        assert.equal(isCounted(place, { [name]: { a: "x" } }, name), row.counted.includes(name), name);
    });
});
