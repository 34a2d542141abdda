import { appendAll } from "../core/append-all.ts";
import { AskedDraft } from "./asked.ts";
import type { Feature } from "./feature.ts";
import type {
  CacheMark,
  ImagePart,
  ModelRequest,
  OutputFormat,
  Part,
  Reasoning,
  Source,
  TextPart,
  Tool,
  ToolChoice,
  Turn,
} from "./model-request.ts";
import { invalid } from "./read-field.ts";
import { untranslatable } from "./read-json.ts";

/** A {@link ModelRequest} while a client's request is read. */
export class ModelRequestDraft extends AskedDraft<Feature> {
  readonly system: TextPart[] = [];
  readonly turns: Turn[] = [];
  readonly tools: Tool[] = [];
  toolChoice: ToolChoice | undefined;
  parallelToolCalls: boolean | undefined;
  temperature: number | undefined;
  topP: number | undefined;
  topK: number | undefined;
  seed: number | undefined;
  presencePenalty: number | undefined;
  frequencyPenalty: number | undefined;
  stop: readonly string[] = [];
  format: OutputFormat | undefined;
  reasoning: Reasoning | undefined;

  /** Adds a turn; a system message is part of the system text until the first other turn has come. */
  addTurn(role: Turn["role"], parts: readonly Part[], field: string): void {
    if (role !== "system") {
      this.turns.push({ role, parts, field });
      return;
    }
    const texts = parts.filter((part): part is TextPart => part.type === "text");
    if (this.turns.length === 0) {
      appendAll(this.system, texts);
      return;
    }
    this.use("system_later", field);
    this.turns.push({ role, parts: texts, field });
  }

  /** A picture, its feature noted. Throws `invalid_request` for bytes that are declared to be anything else, e.g. a PDF. */
  image(written: Source, field: string, detail?: string, cache?: CacheMark): ImagePart {
    const source = imageSource(written, field);
    this.use(source.kind === "url" ? "image_url" : "image_base64", field);
    if (detail !== undefined && detail !== "auto") this.use("image_detail", field);
    return { type: "image", source, detail, cache };
  }

  /** A document, its feature noted. */
  document(source: Source, field: string, name?: string, cache?: CacheMark): Part & { type: "document" } {
    this.use(`document_${source.kind}`, field);
    return { type: "document", source, name, cache };
  }

  /** A tool's result, its features noted. Throws `unsupported` for content that is neither text, image nor document. */
  toolResult(
    id: string,
    parts: readonly Part[],
    isError: boolean,
    field: string,
    cache?: CacheMark,
  ): Part & { type: "tool_result" } {
    const content: (TextPart | ImagePart | (Part & { type: "document" }))[] = [];
    for (const part of parts) {
      if (part.type === "image") this.use("tool_result_image", field);
      if (part.type === "document") this.use("tool_result_document", field);
      if (part.type !== "text" && part.type !== "image" && part.type !== "document")
        throw untranslatable(field);
      content.push(part);
    }
    if (isError) this.use("tool_result_error", field);
    return { type: "tool_result", id, content, isError, cache };
  }

  /** Adds a function the model may call. */
  addTool(tool: Tool): void {
    this.use("tools", tool.field);
    if (tool.strict === true) this.use("tool_strict", `${tool.field}.strict`);
    this.tools.push(tool);
  }

  choose(choice: ToolChoice, field: string): void {
    this.toolChoice = choice;
    if (choice.kind === "none") this.use("tool_choice_none", field);
    else if (choice.kind !== "auto") this.use("tool_choice", field);
  }

  /** Notes a cache mark. */
  cache(field: string): void {
    this.use("cache", field);
  }

  done(): ModelRequest {
    const { system, turns, tools, toolChoice, parallelToolCalls, temperature, topP, topK, seed } = this;
    const { presencePenalty, frequencyPenalty, stop, format, reasoning, uses, dropped } = this;
    return {
      system,
      turns,
      tools,
      toolChoice,
      parallelToolCalls,
      temperature,
      topP,
      topK,
      seed,
      presencePenalty,
      frequencyPenalty,
      stop,
      format,
      reasoning,
      uses,
      dropped,
    };
  }
}

/** `image/jpg` has never been registered, and Anthropic and Bedrock refuse it: what clients mean is `image/jpeg` (https://www.iana.org/assignments/media-types/media-types.xhtml#image). */
function imageSource(source: Source, field: string): Source {
  if (source.kind !== "base64") return source;
  if (source.mediaType === "image/jpg") return { ...source, mediaType: "image/jpeg" };
  if (source.mediaType.startsWith("image/")) return source;
  throw invalid(field, "must be an image; send a document as a file or document part");
}
