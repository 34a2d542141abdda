import { GatewayError } from "../../core/errors.ts";
import type { AdminSource } from "../admin-source.ts";
import type { UsageJobs } from "../usage-jobs.ts";
import { parseUsageQuery, type UsageQueryText } from "../usage-query.ts";
import { type AdminReply, type Endpoint, textReply } from "./endpoint.ts";

const parameters = ["by", "since", "until", "top", "baseline", "project", "format", "timezone"] as const;
const idCharactersMax = 256;

/** A report on the usage log. */
export const usageReport: Endpoint = {
  method: "GET",
  path: "/usage",
  audience: "operator",
  purpose: "Spend and tokens, with the options of `tollgate usage`; JSON by default.",
  input: `query ${parameters.map((name) => `\`${name}\``).join(", ")}`,
  answer: (source, { query }) => run(source, reportJob(query, source.nowMs())),
};

/** One exchange's or trace's records. */
export const usageRecords: Endpoint = {
  method: "GET",
  path: "/usage/{id}",
  audience: "operator",
  purpose: "The records of one exchange or trace.",
  answer: (source, { id }) => run(source, findJob(id)),
};

async function run({ usage }: AdminSource, job: Job | Problem): Promise<AdminReply> {
  if ("problem" in job) return textReply(400, job.problem);
  try {
    return await usage.do(job);
  } catch (error) {
    const { status, message } = GatewayError.from(error);
    return textReply(status, message);
  }
}

type Job = Parameters<UsageJobs["do"]>[0];

function reportJob(given: URLSearchParams, nowMs: number): Job | Problem {
  const unknown = [...given.keys()].find((name) => !parameters.some((known) => known === name));
  if (unknown !== undefined)
    return { problem: `"${unknown.slice(0, 40)}" is not one of ${parameters.join(", ")}` };
  const text: UsageQueryText = Object.fromEntries(
    parameters.map((name) => [name, given.get(name) ?? undefined]),
  );
  const parsed = parseUsageQuery({ ...text, format: text.format ?? "json" }, nowMs);
  if (parsed.kind === "problem") return { problem: `"${parsed.where}" ${parsed.message}` };
  return { kind: "report", query: parsed.query };
}

function findJob(id: string): Job | Problem {
  return id.length > idCharactersMax ? { problem: "this is not an id" } : { kind: "find", id };
}

interface Problem {
  readonly problem: string;
}
