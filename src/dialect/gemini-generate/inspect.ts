import { GatewayError, unreachable } from "../../core/errors.ts";
import { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { Member } from "../body-edit.ts";
import type { Operation, RequestFacts } from "../dialect.ts";
import { invalid, readCount, readModel, readText } from "../read-field.ts";
import { type MarkedObject, readMembers } from "../read-members.ts";
import { type OtherMembers, readOther } from "../read-other.ts";
import { refusedMembers } from "../refused-members.ts";
import { RequestDraft } from "../request-draft.ts";
import { readFields } from "../request-fields.ts";
import { readServiceTier } from "../service-tier.ts";
import { uncountable } from "../uncountable.ts";
import { mediaResolutions, readContent, readContents } from "./prompt.ts";
import { readTools } from "./tools.ts";

/** Most answers one request may ask for (Gemini: 8). */
const candidatesMax = 8;

// Protocol-buffer JSON takes a field by either of two spellings: both are known here, and never both in one object.
const requestKeys = new KeySet([
  "model",
  "contents",
  "systemInstruction",
  "system_instruction",
  "tools",
  "generationConfig",
  "generation_config",
  "cachedContent",
  "cached_content",
  "generateContentRequest",
  "generate_content_request",
  "serviceTier",
  "service_tier",
  "contract",
  "metadata",
]);
type RequestKey = (typeof requestKeys.names)[number];
const configKeys = new KeySet([
  "maxOutputTokens",
  "max_output_tokens",
  "candidateCount",
  "candidate_count",
  "responseMimeType",
  "response_mime_type",
  "responseSchema",
  "response_schema",
  "responseJsonSchema",
  "response_json_schema",
]);
type ConfigKey = (typeof configKeys.names)[number];

const unbilledKeys: ReadonlySet<string> = new Set([
  "toolConfig",
  "tool_config",
  "safetySettings",
  "safety_settings",
  "labels",
]);

/** Members that the provider does not get (ai.google.dev/api/generate-content and the SDK 2.32, 2026-11-30). */
const refusedMembersOfRequest = refusedMembers({
  stored: ["previousInteractionId", "modelArmorConfig"],
  output: ["maxOutputTokens", "candidateCount", "n"],
});
const others: OtherMembers = { unbilled: unbilledKeys, refused: refusedMembersOfRequest };

const unbilledConfig: ReadonlySet<string> = new Set([
  "stopSequences",
  "stop_sequences",
  "responseModalities",
  "response_modalities",
  "thinkingConfig",
  "thinking_config",
  "speechConfig",
  "speech_config",
  "imageConfig",
  "image_config",
]);

/** A routing config lets Google choose the model; a frame or image at the highest resolution weighs a multiple of what is held for one. */
const refusedConfig = refusedMembers(
  { model: ["routingConfig", "modelSelectionConfig", "model"], premium: ["mediaResolution"] },
  { mediaResolution: mediaResolutions },
);
const otherConfig: OtherMembers = {
  unbilled: unbilledConfig,
  refused: refusedConfig,
  path: "generationConfig.",
};

/** Where a Gemini request can be changed. */
export interface GenerateMarks {
  readonly request: MarkedObject<RequestKey>;
  /** Undefined when the generation config is null or not there. */
  readonly config: MarkedObject<ConfigKey> | undefined;
  /** Every `model` in the body; each is the path's. */
  readonly models: readonly Member[];
}

/** Reads what decides about a Gemini request (https://ai.google.dev/api/generate-content) in one pass over its bytes; the model is in the path. */
export function inspectGenerate(body: Buffer, operation: Operation): RequestFacts {
  if (operation.name === "generate_array")
    throw new GatewayError("unsupported", "streams are served as server-sent events: add alt=sse", {
      param: "alt",
    });
  const draft = new RequestDraft(new JsonScan(body));
  const reading = new RequestReading(draft, operation);
  const request = reading.readRequest("the body");
  draft.scan.finish();
  refuseBoth(request, "generationConfig", "generation_config");
  refuseBoth(request, "systemInstruction", "system_instruction");
  draft.wantsUsage = true;
  if (operation.name !== "generate") draft.outputCap = 0;
  const { config, models } = reading;
  return draft.facts(operation, { request, config, models } satisfies GenerateMarks);
}

class RequestReading {
  config: MarkedObject<ConfigKey> | undefined;
  readonly models: Member[] = [];
  readonly #draft: RequestDraft;
  readonly #operation: Operation;

  constructor(draft: RequestDraft, operation: Operation) {
    this.#draft = draft;
    this.#operation = operation;
  }

  /** Reads a request, or one that another holds (to count tokens). */
  readRequest(param: string): MarkedObject<RequestKey> {
    const request = readMembers(this.#draft.scan, requestKeys, param, (key) => this.#readMember(key));
    const { model } = request.members;
    if (model !== undefined) this.models.push(model);
    return request;
  }

  #readMember(key: RequestKey | ""): void {
    const { scan, fields } = this.#draft;
    switch (key) {
      case "model":
        this.#checkModel(readModel(scan, key));
        return;
      case "contents":
        readContents(this.#draft);
        return;
      case "systemInstruction":
      case "system_instruction":
        readContent(this.#draft);
        return;
      case "tools":
        readTools(this.#draft);
        return;
      case "generationConfig":
      case "generation_config":
        this.config = this.#readConfig(key);
        return;
      case "generateContentRequest":
      case "generate_content_request":
        this.#readInner(key);
        return;
      case "cachedContent":
      case "cached_content":
        if (scan.kind() !== "null") throw uncountable(key);
        scan.skip();
        return;
      case "serviceTier":
      case "service_tier":
        readServiceTier(this.#draft, key);
        return;
      case "contract":
      case "metadata":
        readFields(scan, key, fields);
        return;
      case "":
        readOther(this.#draft, others);
        return;
      default:
        unreachable(key);
    }
  }

  #checkModel(model: string): void {
    const path = this.#operation.model ?? "";
    if (model !== path && model !== `models/${path}`) throw invalid("model", "must be the model of the path");
  }

  /** The request whose tokens are to be counted; elsewhere a field that nobody knows, whose config must not be taken for the request's own. */
  #readInner(param: string): void {
    if (this.#operation.name === "count_tokens") this.readRequest(param);
    else this.#draft.text.value(this.#draft.scan);
  }

  #readConfig(param: string): MarkedObject<ConfigKey> | undefined {
    const draft = this.#draft;
    const { scan } = draft;
    if (scan.kind() === "null") {
      scan.skip();
      return undefined;
    }
    const config = readMembers(scan, configKeys, param, (key) => readConfigMember(draft, param, key));
    refuseBoth(config, "maxOutputTokens", "max_output_tokens");
    refuseBoth(config, "candidateCount", "candidate_count");
    return config;
  }
}

function readConfigMember(draft: RequestDraft, param: string, key: ConfigKey | ""): void {
  const { scan } = draft;
  switch (key) {
    case "maxOutputTokens":
    case "max_output_tokens":
      draft.capOutput(readCount(scan, `${param}.${key}`, 1, Number.MAX_SAFE_INTEGER));
      return;
    case "candidateCount":
    case "candidate_count":
      draft.choices = readCount(scan, `${param}.${key}`, 1, candidatesMax) ?? 1;
      return;
    case "responseMimeType":
    case "response_mime_type":
      if (readText(scan, `${param}.${key}`) === "application/json") draft.responseFormat ??= "json";
      return;
    case "responseSchema":
    case "response_schema":
    case "responseJsonSchema":
    case "response_json_schema":
      if (scan.kind() !== "null") draft.responseFormat = "json-schema";
      draft.text.value(scan);
      return;
    case "":
      readOther(draft, otherConfig);
      return;
    default:
      unreachable(key);
  }
}

function refuseBoth<Key extends string>(object: MarkedObject<Key>, one: Key, other: Key): void {
  if (object.members[one] !== undefined && object.members[other] !== undefined)
    throw invalid(one, `stands there twice: also as ${other}`);
}
