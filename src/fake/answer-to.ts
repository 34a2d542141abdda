import { systemClock } from "../core/clock.ts";
import type { Answer } from "./answer.ts";
import type { FakeDialect, Operation, RequestFacts } from "./dialect.ts";
import { dialects } from "./dialects.ts";
import { faultModels } from "./fault-models.ts";
import { type Faults, faultsOfHeaders } from "./faults.ts";
import type { ReceivedEntry } from "./journal.ts";
import { isRecord, type JsonRecord } from "./json.ts";
import { refuseAsOpenai } from "./openai.ts";
import { kindOfStatus, type Refusal, refusal } from "./refusal.ts";
import type { StandingFaults } from "./standing-faults.ts";

/** The settings that decide how an instance answers. */
export interface Rules {
  readonly name: string;
  readonly standing: StandingFaults;
  /** The only credential that is accepted; undefined accepts any, and none. */
  readonly apiKey: string | undefined;
  /** What AWS signatures are verified with; undefined takes any signature. */
  readonly awsSecretKey: string | undefined;
  /** The only models there are, besides those that misbehave; undefined answers for any. */
  readonly models: readonly string[] | undefined;
}

/** A request without its body. */
export type RequestHead = Pick<RequestFacts, "method" | "path" | "query" | "headers">;

/** The answer to a request and its faults. Notes in the journal entry what was understood of the request. */
export function answerTo(
  rules: Rules,
  head: RequestHead,
  bytes: Buffer | undefined,
  told: ReceivedEntry,
): { readonly answer: Answer; readonly faults: Faults } {
  const createdS = Math.floor(systemClock.nowMs() / 1_000);
  const unread: RequestFacts = { ...head, model: undefined, streamed: false, id: told.id, createdS };
  const found = find(head);
  if (found === undefined) return { answer: refuseAsOpenai(refusal("not-found"), unread), faults: {} };
  const { dialect, operation } = found;
  told.dialect = dialect.name;
  told.operation = operation.name;
  const body = bytes === undefined ? undefined : parseBody(bytes);
  if (body === undefined) {
    const refused = bytes === undefined ? refusal("too-large") : refusal("bad-request", { message: notJson });
    return { answer: dialect.refuse(refused, unread), faults: {} };
  }
  const model = operation.model(body);
  const facts: RequestFacts = { ...unread, model, streamed: operation.streamed(body) };
  told.model = model ?? null;
  told.streamed = facts.streamed;
  const asked = faultsOfHeaders(head.headers, rules.name);
  if (typeof asked === "string") {
    return { answer: dialect.refuse(refusal("bad-request", { message: asked }), facts), faults: {} };
  }
  const ofModel = model !== undefined && Object.hasOwn(faultModels, model) ? faultModels[model] : undefined;
  const faults: Faults = { ...rules.standing.take(), ...ofModel, ...asked };
  told.faults = faults;
  const result =
    refuse(rules, dialect, facts, faults, told.bodySha256 ?? "") ??
    operation.answer({ ...facts, body, faults });
  return { answer: result.type === "refusal" ? dialect.refuse(result, facts) : result, faults };
}

const notJson = "We could not parse the JSON body of your request.";

function find(
  head: RequestHead,
): { readonly dialect: FakeDialect; readonly operation: Operation } | undefined {
  for (const dialect of dialects) {
    const operation = dialect.match(head.method, head.path, head);
    if (operation !== undefined) return { dialect, operation };
  }
  return undefined;
}

/** A body without bytes has no fields; undefined for what is no JSON object. */
function parseBody(bytes: Buffer): JsonRecord | undefined {
  if (bytes.length === 0) return {};
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Refusals that are the same in every dialect but for their words: a fault asked for, a wrong credential, no such model. */
function refuse(
  rules: Rules,
  dialect: FakeDialect,
  facts: RequestFacts,
  faults: Faults,
  bodySha256: string,
): Refusal | undefined {
  const { apiKey, awsSecretKey, models } = rules;
  const retryAfter = faults.retryAfter === undefined ? {} : { retryAfter: faults.retryAfter };
  const status = faults.status === undefined ? {} : { status: faults.status };
  if (faults.error !== undefined) return refusal(faults.error, { ...status, ...retryAfter });
  if (faults.status !== undefined) return refusal(kindOfStatus(faults.status), { ...status, ...retryAfter });
  if (apiKey !== undefined && dialect.credential(facts.headers, facts.query) !== apiKey)
    return refusal("auth");
  const problem =
    awsSecretKey === undefined ? undefined : dialect.verify?.({ ...facts, bodySha256 }, awsSecretKey);
  if (problem !== undefined) return refusal("auth", { message: problem });
  const { model } = facts;
  if (models === undefined || model === undefined) return undefined;
  return models.includes(model) || Object.hasOwn(faultModels, model) ? undefined : refusal("not-found");
}
