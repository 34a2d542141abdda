import type { JsonScan } from "../core/json-scan.ts";
import { imageSizeOf } from "../tokens/media/image-size.ts";
import type { ImagePart } from "../tokens/media/image-weight.ts";
import { audioLengthOf, documentPagesOf, videoLengthOf } from "../tokens/media/media-length.ts";
import { newLookBudget } from "../tokens/media/pdf-pages.ts";
import type { Operation, RequestFacts } from "./dialect.ts";
import { known } from "./known.ts";
import type { ByteRange } from "./read-field.ts";
import { requestBounds, tooMany } from "./request-bounds.ts";
import { readFields } from "./request-fields.ts";
import { TextSpans } from "./text-spans.ts";

/** Characters of sealed reasoning held as one token: four of base64 are three bytes, and text has about four bytes a token. */
const charsPerSealedToken = 4;

/** Longest id of a tool call that vendors make or take: 64 characters (Bedrock's `toolUseId`, API_runtime_ToolUseBlock.html, 2026-12-01). */
const callIdBytesMax = 64;

/** The facts of a request while its bytes are read; a dialect fills in what its format has. */
export class RequestDraft {
  readonly scan: JsonScan;
  readonly text: TextSpans = new TextSpans();
  readonly fields: Map<string, string> = new Map();
  /** Members that only some servers heed, by their folded key; as the client wrote them. */
  readonly extensions: Map<string, string> = new Map();
  serviceTier: string | undefined;
  model = "";
  stream = false;
  choices = 1;
  /** Calls that a provider may bill for this one at most. */
  calls = 1;
  /** Web searches that a provider may make at most. */
  searches: number | undefined;
  outputCap: number | undefined;
  /** True if `messages` counts a conversation's messages, which are framed; false for inputs that are text alone. */
  framed = true;
  names = 0;
  toolObjects = 0;
  toolProperties = 0;
  toolEnumValues = 0;
  toolChoices = 0;
  formats = 0;
  images = 0;
  /** Tokens of what says itself how many it is: ids of tokens, sealed reasoning. */
  otherTokens = 0;
  /** Bytes that some servers' chat templates show to the model: ids of tool calls, metadata. */
  templateBytes = 0;
  /** Reasoning by the id under which its vendor has stored it. */
  storedReasonings = 0;
  responseFormat: string | undefined;
  hostedTool: string | undefined;
  wantsUsage = false;
  #messages = 0;
  #tools = 0;
  #media = 0;
  readonly #images: ImagePart[] = [];
  readonly #lookBudget = newLookBudget();
  #pages = 0;
  #audioSeconds = 0;
  #audioSecondsMax = 0;
  #videoSeconds = 0;
  #videoSecondsMax = 0;

  constructor(scan: JsonScan) {
    this.scan = scan;
  }

  /** Messages, or inputs; see {@link requestBounds}. */
  get messages(): number {
    return this.#messages;
  }

  set messages(count: number) {
    if (count > requestBounds.messages) throw tooMany("messages");
    this.#messages = count;
  }

  /** See {@link requestBounds}. */
  get tools(): number {
    return this.#tools;
  }

  set tools(count: number) {
    if (count > requestBounds.tools) throw tooMany("tools");
    this.#tools = count;
  }

  /** Reads `metadata`: for policies, and for servers whose templates show it. */
  metadata(): void {
    const start = this.scan.position();
    readFields(this.scan, "metadata", this.fields);
    this.templateBytes += this.scan.passed - start;
  }

  /** Keeps the largest of several output caps: a format may name more than one field for it. */
  capOutput(tokens: number | undefined): void {
    if (tokens !== undefined && tokens > (this.outputCap ?? -1)) this.outputCap = tokens;
  }

  /** Passes the id of a tool call. What is longer than any vendor's own is held as text, whoever is asked. */
  callId(): void {
    this.scan.skip();
    const bytes = this.scan.end - this.scan.start;
    this.templateBytes += Math.min(bytes, callIdBytesMax);
    this.otherTokens += Math.max(0, bytes - callIdBytesMax);
  }

  /** Passes what only the model's vendor can read (sealed reasoning), which its model may read: base64 of text and more. */
  sealed(): void {
    this.scan.skip();
    this.otherTokens += Math.ceil((this.scan.end - this.scan.start) / charsPerSealedToken);
  }

  /** Takes an image: its base64 or `data:` URL where it stands, or one that is elsewhere. */
  addImage(place?: ByteRange, detail?: string): void {
    this.#addMedia();
    this.images += 1;
    const size = place === undefined ? undefined : imageSizeOf(this.scan.body, place.start, place.end);
    this.#images.push({ ...known("size", size), ...known("detail", detail) });
  }

  /** Takes a document, not as text, by its base64. */
  addDocument({ start, end }: ByteRange): void {
    this.#addMedia();
    this.#pages += documentPagesOf(this.scan.body, start, end, this.#lookBudget);
  }

  /** Takes sound by its base64; the format as the client names it. */
  addAudio({ start, end }: ByteRange, format: string): void {
    this.#addMedia();
    const { seconds, secondsMax } = audioLengthOf(this.scan.body, start, end, format);
    this.#audioSeconds += seconds;
    this.#audioSecondsMax += secondsMax;
  }

  /** Takes film by its base64. */
  addVideo({ start, end }: ByteRange): void {
    this.#addMedia();
    const { seconds, secondsMax } = videoLengthOf(start, end);
    this.#videoSeconds += seconds;
    this.#videoSecondsMax += secondsMax;
  }

  #addMedia(): void {
    this.#media += 1;
    if (this.#media > requestBounds.media) throw tooMany("media");
  }

  /** The finished facts; what the path says about model and stream goes before what the body says. */
  facts(operation: Operation, marks: unknown): RequestFacts {
    const { messages, names, tools, toolObjects, toolProperties, toolEnumValues, toolChoices, formats } =
      this;
    return {
      operation,
      model: operation.model ?? this.model,
      stream: operation.stream ?? this.stream,
      choices: this.choices,
      calls: this.calls,
      ...known("searches", this.searches),
      outputCap: this.outputCap,
      text: this.text.spans,
      parts: {
        messages: this.framed ? messages : 0,
        names,
        tools,
        toolObjects,
        toolProperties,
        toolEnumValues,
        toolChoices,
        formats,
        images: this.#images,
        pages: this.#pages,
        audioSeconds: this.#audioSeconds,
        audioSecondsMax: this.#audioSecondsMax,
        videoSeconds: this.#videoSeconds,
        videoSecondsMax: this.#videoSecondsMax,
        otherTokens: this.otherTokens,
        templateBytes: this.templateBytes,
        storedReasonings: this.storedReasonings,
      },
      messages,
      tools,
      images: this.images,
      responseFormat: this.responseFormat,
      fields: this.fields,
      extensions: this.extensions,
      ...known("hostedTool", this.hostedTool),
      serviceTier: this.serviceTier,
      wantsUsage: this.wantsUsage,
      marks,
    };
  }
}
