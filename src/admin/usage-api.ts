import { GatewayError } from "../core/errors.ts";
import type { UsageDesk } from "./usage-desk.ts";
import { parseUsageQuery, type UsageQueryText } from "./usage-query.ts";

/** An answer of the admin interface. */
export interface AdminReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

const parameters = ["by", "since", "until", "top", "baseline", "project", "format", "timezone"] as const;
const idCharactersMax = 256;

/** `GET /usage?by=&since=&until=&top=&baseline&project&format=&timezone=` as `tollgate usage` has them, JSON by default; `GET /usage/ID`: one exchange's or trace's records. */
export async function answerUsage(desk: UsageDesk, url: URL, nowMs: number): Promise<AdminReply> {
  const id = url.pathname.slice("/usage/".length);
  const job = id === "" ? reportJob(url.searchParams, nowMs) : findJob(id);
  if ("problem" in job) return problem(400, job.problem);
  try {
    return await desk.do(job);
  } catch (error) {
    const { status, message } = GatewayError.from(error);
    return problem(status, message);
  }
}

function reportJob(given: URLSearchParams, nowMs: number): Parameters<UsageDesk["do"]>[0] | Problem {
  const unknown = [...given.keys()].find((name) => !parameters.some((known) => known === name));
  if (unknown !== undefined)
    return { problem: `"${unknown.slice(0, 40)}" is none of ${parameters.join(", ")}` };
  const text: UsageQueryText = Object.fromEntries(
    parameters.map((name) => [name, given.get(name) ?? undefined]),
  );
  const parsed = parseUsageQuery({ ...text, format: text.format ?? "json" }, nowMs);
  if (parsed.kind === "problem") return { problem: `"${parsed.where}" ${parsed.message}` };
  return { kind: "report", query: parsed.query };
}

function findJob(encoded: string): Parameters<UsageDesk["do"]>[0] | Problem {
  const id = decoded(encoded);
  if (id === undefined || id.length > idCharactersMax) return { problem: "this is no id" };
  return { kind: "find", id };
}

interface Problem {
  readonly problem: string;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function problem(status: number, message: string): AdminReply {
  return { status, contentType: "text/plain", body: `${message}\n` };
}
