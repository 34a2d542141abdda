import { get_encoding } from "tiktoken";

/** What a vendor bills for a request at most, read from the body that reached it alone: nothing of the gateway's own is used. */
export interface WorstBill {
  readonly inputTokens: number;
  /** All answers together. */
  readonly outputTokens: number;
  readonly nanoUsd: bigint;
}

/** Prices of a model in nano-dollars a token, and by how much a tier multiplies them. */
export interface VendorPrices {
  readonly input: bigint;
  readonly output: bigint;
  /** The dearest way to read input: written to a cache for an hour. */
  readonly cacheWrite1h: bigint;
  readonly tierFactors: Readonly<Record<string, bigint>>;
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** OpenAI's vocabularies; other vendors' are not public, and these stand for them. */
export type Vocabulary = "o200k_base" | "cl100k_base";
const encodings = { o200k_base: get_encoding("o200k_base"), cl100k_base: get_encoding("cl100k_base") };

/** Members of a request that become prompt, in any format. */
const promptKeys: ReadonlySet<string> = new Set([
  ..."messages system systemInstruction instructions input inputs prompt suffix texts documents query contents content".split(
    " ",
  ),
  ..."inputText tools toolConfig".split(" "),
]);

/** Values that every format replaces by markers of its own, which the framing below counts. */
const markerKeys: ReadonlySet<string> = new Set([
  "role",
  "type",
  "id",
  "call_id",
  "tool_call_id",
  "toolUseId",
]);

/** Caps on output and numbers of answers, as every server spells them, without regard to case and `_`. */
const capKeys: ReadonlySet<string> = new Set(
  "maxtokens maxcompletiontokens maxoutputtokens npredict numpredict maxnewtokens maxlength mintokens".split(
    " ",
  ),
);
const choiceKeys: ReadonlySet<string> = new Set(
  "n ncmpl bestof candidatecount numreturnsequences".split(" "),
);

/** Bills a request: `body` as it was sent, `generates`: whether its operation makes output. */
export function worstBillOf(
  body: Json,
  prices: VendorPrices,
  generates: boolean,
  vocabulary: Vocabulary,
): WorstBill {
  const inputTokens = promptTokens(body, vocabulary);
  const caps = numbersAt(body, capKeys);
  const cap = caps.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...caps);
  const choices = Math.max(1, ...numbersAt(body, choiceKeys));
  const outputTokens = generates ? cap * choices : 0;
  if (!Number.isFinite(outputTokens)) return { inputTokens, outputTokens, nanoUsd: 2n ** 62n };
  const tokens = BigInt(inputTokens) * prices.cacheWrite1h + BigInt(outputTokens) * prices.output;
  return { inputTokens, outputTokens, nanoUsd: tokens * tierFactor(body, prices) };
}

/** A tier by name costs what it costs; where the vendor may choose, it chooses the dearest. */
function tierFactor(body: Json, { tierFactors }: VendorPrices): bigint {
  const tier = stringAt(body, "service_tier") ?? stringAt(body, "serviceTier");
  if (tier !== undefined && tier !== "auto") return tierFactors[tier] ?? 1n;
  return Object.values(tierFactors).reduce((dearest, factor) => (factor > dearest ? factor : dearest), 1n);
}

/** Text by OpenAI's vocabulary, and the framing of its cookbook: three tokens a message and a role, three for the answer's beginning. */
function promptTokens(body: Json, vocabulary: Vocabulary): number {
  if (!isObject(body)) return 0;
  let tokens = 0;
  for (const [key, value] of Object.entries(body))
    if (promptKeys.has(key)) tokens += textTokens(value, vocabulary);
  const messages = body.messages;
  return Array.isArray(messages) ? tokens + messages.length * 4 + 3 : tokens;
}

function textTokens(value: Json, vocabulary: Vocabulary): number {
  if (typeof value === "string") return encodings[vocabulary].encode_ordinary(value).length;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + textTokens(item, vocabulary), 0);
  if (!isObject(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [key, member]) => sum + (markerKeys.has(key) ? 0 : textTokens(member, vocabulary)),
    0,
  );
}

/** Numbers that stand at such keys anywhere outside the prompt. */
function numbersAt(value: Json, keys: ReadonlySet<string>): readonly number[] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    if (promptKeys.has(key)) return [];
    if (typeof member !== "number") return numbersAt(member, keys);
    return keys.has(key.replaceAll("_", "").toLowerCase()) ? [member] : [];
  });
}

function stringAt(value: Json, key: string): string | undefined {
  const member = isObject(value) ? value[key] : undefined;
  return typeof member === "string" ? member : undefined;
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
