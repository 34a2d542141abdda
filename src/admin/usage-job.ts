import { findRecords } from "../usage/find.ts";
import type { UsageQuery } from "./usage-query.ts";
import { formatUsageReport, reportUsage } from "./usage-report.ts";

/** A question to the usage API: sums of the log, or the records of one exchange or trace id. */
export type UsageJob =
  | { readonly kind: "report"; readonly query: UsageQuery }
  | { readonly kind: "find"; readonly id: string };

/** The answer to a job; `text` ends with a line end. */
export interface UsageAnswer {
  /** 200; 404: there is no such record; 422: there is too much to answer. */
  readonly status: 200 | 404 | 422;
  readonly contentType: string;
  readonly text: string;
}

/** Characters of an answer, at most, unless the caller says. */
const charactersDefault = 16_777_216;

/** Does a job over a usage log's folder. Reads all of it, and computes for seconds: not for the thread that serves requests. */
export async function doUsageJob(
  folder: string,
  job: UsageJob,
  charactersMax = charactersDefault,
): Promise<UsageAnswer> {
  const answer = await answerOf(folder, job);
  return answer.text.length <= charactersMax ? answer : tooMuch("a shorter period, or `top`");
}

async function answerOf(folder: string, job: UsageJob): Promise<UsageAnswer> {
  switch (job.kind) {
    case "find": {
      const records = await findRecords(folder, job.id);
      if (records.length === 0)
        return { status: 404, contentType: "text/plain", text: "no record of this id\n" };
      return { status: 200, contentType: "application/json", text: jsonText(records) };
    }
    case "report":
      try {
        const text = formatUsageReport(await reportUsage(folder, job.query));
        return { status: 200, contentType: contentTypes[job.query.format], text };
      } catch (error) {
        if (error instanceof RangeError) return tooMuch("fewer fields in `by`");
        throw error;
      }
  }
}

const contentTypes: Readonly<Record<UsageQuery["format"], string>> = {
  json: "application/json",
  csv: "text/csv; charset=utf-8",
  focus: "text/csv; charset=utf-8",
  table: "text/plain; charset=utf-8",
  chart: "text/plain; charset=utf-8",
};

function tooMuch(instead: string): UsageAnswer {
  return {
    status: 422,
    contentType: "text/plain",
    text: `this is more than one answer holds: ask for ${instead}\n`,
  };
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
