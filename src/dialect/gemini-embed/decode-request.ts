import type { RequestFacts } from "../dialect.ts";
import { EmbeddingDraft, type EmbeddingRequest } from "../embedding/embedding-request.ts";
import { camel } from "../gemini-generate/camel.ts";
import type { JsonObject } from "../json-view.ts";
import { invalid } from "../read-field.ts";
import { isAbsent, listAt, objectAt, onlyKnown, textAt, untranslatable } from "../read-json.ts";
import { purposeOf } from "./task-type.ts";

/** Read from the bytes by `inspectEmbed`, or the gateway's own. */
const decided: ReadonlySet<string> = new Set(["model", "contract", "metadata"]);
/** Members that all requests of a batch must agree on: other formats have them once. */
const shared = ["taskType", "outputDimensionality"];

/** A request for embeddings of one content or a batch, without its wire format. */
export function decodeEmbedRequest(body: JsonObject, facts: RequestFacts): EmbeddingRequest {
  const draft = new EmbeddingDraft();
  const isBatch = facts.operation.name === "embed_batch";
  const requests = isBatch ? listAt(body.requests, "requests") : [body];
  if (isBatch) onlyKnown(body, new Set([...decided, "requests"]), "");
  const [first, ...others] = requests.map((one, index) => {
    const field = isBatch ? `requests[${index}]` : "";
    return { field, request: camel(objectAt(one, field)) };
  });
  if (first === undefined) throw invalid("requests", "must have at least one request");
  for (const { field, request } of others)
    for (const name of shared)
      if (request[name] !== first.request[name]) throw untranslatable(`${field}.${name}`);
  const texts: string[] = [];
  for (const { field, request } of [first, ...others]) decodeOne(draft, texts, request, field);
  draft.takeTexts(texts, isBatch ? "requests" : "content");
  return draft;
}

function decodeOne(draft: EmbeddingDraft, texts: string[], request: JsonObject, field: string): void {
  const at = (name: string) => (field === "" ? name : `${field}.${name}`);
  texts.push(decodeContent(request.content, at("content")));
  for (const name in request) {
    const value = request[name];
    if (isAbsent(value) || decided.has(name) || name === "content") continue;
    switch (name) {
      case "taskType":
        decodeTaskType(draft, textAt(value, at(name)), at(name));
        break;
      case "outputDimensionality":
        draft.takeDimensions(value, at(name));
        break;
      case "title":
        draft.use("title", at(name));
        break;
      default:
        throw untranslatable(at(name));
    }
  }
}

function decodeTaskType(draft: EmbeddingDraft, taskType: string, field: string): void {
  if (taskType === "TASK_TYPE_UNSPECIFIED") return;
  const purpose = purposeOf(taskType);
  if (purpose === undefined) throw invalid(field, "must be one of Gemini's task types");
  draft.takePurpose(purpose, field);
}

const contentKeys: ReadonlySet<string> = new Set(["role", "parts"]);
const partKeys: ReadonlySet<string> = new Set(["text"]);

/** The one text of a content: what the API makes of several parts, no other does. */
function decodeContent(value: unknown, field: string): string {
  const content = objectAt(value, field);
  onlyKnown(content, contentKeys, field);
  const parts = Array.isArray(content.parts) ? content.parts : [content.parts];
  if (parts.length > 1) throw untranslatable(`${field}.parts[1]`);
  const part = objectAt(parts[0], `${field}.parts[0]`);
  onlyKnown(part, partKeys, `${field}.parts[0]`);
  return textAt(part.text, `${field}.parts[0].text`);
}
