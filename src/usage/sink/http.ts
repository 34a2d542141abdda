import { z } from "zod";
import { failureCause } from "../../core/failure-cause.ts";
import { askedWaitMs } from "../../core/retry-after.ts";
import type { StoredRecord } from "../read.ts";
import { DeliveryError, defineSink } from "./sink.ts";

const formats = {
  /** CloudEvents 1.0, JSON batch: what OpenMeter and most event brokers take; receivers drop an `id` they have. */
  cloudevents: {
    contentType: "application/cloudevents-batch+json",
    body: (records: readonly StoredRecord[]) => JSON.stringify(records.map(cloudEvent)),
  },
  ndjson: {
    contentType: "application/x-ndjson",
    body: (records: readonly StoredRecord[]) =>
      records.map((record) => `${JSON.stringify(record)}\n`).join(""),
  },
} as const;

/** Posts batches of records to a URL; any 2xx takes them all. */
export const http = defineSink({
  type: "http",
  schema: z.strictObject({
    type: z.literal("http"),
    /** Names the cursor: where delivery stands is forgotten when it changes. */
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "must be at most 63 letters, digits, . _ and -")
      .default("http"),
    url: z.url({ protocol: /^https?$/, error: "must be a URL that begins with http:// or https://" }),
    format: z.enum(["cloudevents", "ndjson"]).default("cloudevents"),
    /** Sent as `Authorization: Bearer`. */
    token: z
      .string()
      .regex(
        /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/,
        "must be printable ASCII without line ends, or spaces at its ends",
      )
      .optional(),
  }),
  create({ name, url, format, token }, { clock }) {
    const { contentType, body } = formats[format];
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return {
      name,
      async deliver(records, signal) {
        const response = await post(name, url, {
          method: "POST",
          headers: { "content-type": contentType, ...authorization },
          body: body(records),
          redirect: "error",
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        });
        await response.body?.cancel();
        if (!response.ok) throw refusal(name, response, clock.nowMs());
      },
    };
  },
});

const timeoutMs = 30_000;

/** Statuses by which a receiver says that it will never take this body. */
const refusals: ReadonlySet<number> = new Set([400, 413, 422]);

async function post(name: string, url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (cause) {
    throw new DeliveryError("upstream_unavailable", `sink ${name}: no answer: ${failureCause(cause)}`, {
      cause,
    });
  }
}

function refusal(name: string, { headers, status }: Response, nowMs: number): DeliveryError {
  const code = refusals.has(status) ? "invalid_request" : "upstream_unavailable";
  const askedMs = askedWaitMs((header) => headers.get(header) ?? undefined, nowMs);
  return new DeliveryError(code, `sink ${name}: answered ${status}`, { askedWaitMs: askedMs });
}

function cloudEvent(record: StoredRecord): Readonly<Record<string, unknown>> {
  return {
    specversion: "1.0",
    id: record.exchange_id,
    source: "tollgate",
    type: "tollgate.usage.v1",
    subject: record.tenant_id ?? "unknown",
    time: record.time,
    datacontenttype: "application/json",
    dataschema: "urn:tollgate:usage.v1",
    data: record,
  };
}
