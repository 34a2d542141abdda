import { z } from "zod";
import { appendAll } from "../../core/append-all.ts";

/** A provider's statement of what it served: the calls of one model in one period, or one call. */
export interface InvoiceLine {
  readonly model: string;
  /** From here, before `endMs`; both are the call's own time on a line about one call. */
  readonly startMs: number;
  readonly endMs: number;
  /** The provider's id, on a line about one call. */
  readonly requestId: string | undefined;
  /** Undefined where the export does not count calls. */
  readonly calls: number | undefined;
  /** The total, cached input and cache writes included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** A provider's export as read, or why it cannot be. */
export type ParsedInvoice =
  | {
      readonly kind: "lines";
      /** The provider type whose export it is. */
      readonly provider: string;
      readonly lines: readonly InvoiceLine[];
    }
  | { readonly kind: "problem"; readonly message: string };

const tokens = z.number().nonnegative().default(0);
const model = z.string({ error: "has no model: export it grouped by model" });

/** OpenAI: `GET /v1/organization/usage/{completions,embeddings}?group_by=model`; input includes cached. */
const openai = z
  .object({
    start_time: z.number(),
    end_time: z.number(),
    results: z.array(
      z.object({
        model,
        input_tokens: tokens,
        output_tokens: tokens,
        num_model_requests: z.number().optional(),
      }),
    ),
  })
  .transform(({ start_time, end_time, results }): InvoiceLine[] =>
    results.map((result) => ({
      model: result.model,
      startMs: start_time * 1_000,
      endMs: end_time * 1_000,
      requestId: undefined,
      calls: result.num_model_requests,
      inputTokens: result.input_tokens,
      outputTokens: result.output_tokens,
    })),
  );

const cacheCreation = z.object({ ephemeral_5m_input_tokens: tokens, ephemeral_1h_input_tokens: tokens });

/** Anthropic: `GET /v1/organizations/usage_report/messages?group_by[]=model`; input excludes what the cache took and gave. */
const anthropic = z
  .object({
    starting_at: z.iso.datetime({ offset: true }),
    ending_at: z.iso.datetime({ offset: true }),
    results: z.array(
      z.object({
        model,
        uncached_input_tokens: tokens,
        cache_read_input_tokens: tokens,
        cache_creation: cacheCreation.nullish(),
        output_tokens: tokens,
      }),
    ),
  })
  .transform(({ starting_at, ending_at, results }): InvoiceLine[] =>
    results.map((result) => ({
      model: result.model,
      startMs: Date.parse(starting_at),
      endMs: Date.parse(ending_at),
      requestId: undefined,
      calls: undefined,
      inputTokens:
        result.uncached_input_tokens +
        result.cache_read_input_tokens +
        (result.cache_creation?.ephemeral_5m_input_tokens ?? 0) +
        (result.cache_creation?.ephemeral_1h_input_tokens ?? 0),
      outputTokens: result.output_tokens,
    })),
  );

/** Bedrock's model invocation log: a line a call; the model may be the ARN of an inference profile. */
const bedrock = z
  .object({
    schemaType: z.literal("ModelInvocationLog"),
    timestamp: z.iso.datetime({ offset: true }),
    requestId: z.string(),
    modelId: z.string(),
    input: z
      .object({
        inputTokenCount: tokens,
        cacheReadInputTokenCount: tokens,
        cacheWriteInputTokenCount: tokens,
      })
      .optional(),
    output: z.object({ outputTokenCount: tokens }).optional(),
  })
  .transform((line): InvoiceLine[] => [
    {
      model: line.modelId.slice(line.modelId.lastIndexOf("/") + 1),
      startMs: Date.parse(line.timestamp),
      endMs: Date.parse(line.timestamp),
      requestId: line.requestId,
      calls: 1,
      inputTokens:
        (line.input?.inputTokenCount ?? 0) +
        (line.input?.cacheReadInputTokenCount ?? 0) +
        (line.input?.cacheWriteInputTokenCount ?? 0),
      outputTokens: line.output?.outputTokenCount ?? 0,
    },
  ]);

/** Reads an export: one JSON document (a page, or a list of pages), or a document a line. */
export function parseInvoice(text: string): ParsedInvoice {
  const documents = documentsOf(text);
  if (documents === undefined)
    return { kind: "problem", message: "the file is neither JSON nor lines of JSON" };
  const lines: InvoiceLine[] = [];
  let format: Format | undefined;
  for (const [at, entry] of documents.flatMap(entriesOf).entries()) {
    const found = formatOf(entry);
    if (found === undefined || (format !== undefined && found !== format))
      return { kind: "problem", message: `entry ${at + 1} is no usage of ${format?.name ?? anyName}` };
    format = found;
    const parsed = found.schema.safeParse(entry);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return { kind: "problem", message: `entry ${at + 1}: ${issue?.path.join(".")} ${issue?.message}` };
    }
    appendAll(lines, parsed.data);
  }
  if (format === undefined) return { kind: "problem", message: "the file has no entry" };
  return { kind: "lines", provider: format.provider, lines };
}

/** One provider's format, told by a key that only its entries have. */
interface Format {
  readonly name: string;
  readonly provider: string;
  readonly key: string;
  readonly schema: z.ZodType<InvoiceLine[]>;
}

const formats: readonly Format[] = [
  { name: "OpenAI", provider: "openai", key: "start_time", schema: openai },
  { name: "Anthropic", provider: "anthropic", key: "starting_at", schema: anthropic },
  { name: "Bedrock", provider: "bedrock", key: "schemaType", schema: bedrock },
];
const anyName = "OpenAI, Anthropic or Bedrock";

function formatOf(entry: unknown): Format | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  return formats.find(({ key }) => key in entry);
}

function documentsOf(text: string): readonly unknown[] | undefined {
  try {
    const document: unknown = JSON.parse(text);
    return Array.isArray(document) ? document : [document];
  } catch {
    try {
      return text
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line): unknown => JSON.parse(line));
    } catch {
      return undefined;
    }
  }
}

/** A page's entries, or the document itself. */
function entriesOf(document: unknown): readonly unknown[] {
  if (typeof document !== "object" || document === null || !("data" in document)) return [document];
  return Array.isArray(document.data) ? document.data : [document];
}
