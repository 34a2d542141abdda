import { type Answer, frame } from "./answer.ts";
import type { RequestHead } from "./answer-to.ts";
import { type Faults, parseFaults } from "./faults.ts";
import type { Journal } from "./journal.ts";
import { isRecord } from "./json.ts";
import type { StandingFaults } from "./standing-faults.ts";

/** The objects that the control paths act on. */
export interface Controlled {
  readonly name: string;
  readonly journal: Journal;
  readonly standing: StandingFaults;
}

const controlPaths: ReadonlySet<string> = new Set(["/received", "/faults", "/healthz"]);

/** True if a path is for tests and not a provider's. */
export function isControlPath(path: string): boolean {
  return controlPaths.has(path);
}

/**
 * Answers on the control paths, so that tests in other processes can ask. `GET /received` (`?after=SEQUENCE`) shows the
 * journal, `DELETE` clears it. `GET /faults` shows the standing faults, `POST` sets them, with the words of `x-fake-*` headers,
 * e.g. `{"status": 503, "first-token-delay": "250ms", "times": 2}`, `DELETE` ends them. `GET /healthz` answers once we serve.
 */
export function control(head: RequestHead, body: Buffer | undefined, controlled: Controlled): Answer {
  const { name, journal, standing } = controlled;
  switch (`${head.method} ${head.path}`) {
    case "GET /received": {
      const received = journal.list(Number(head.query.get("after") ?? 0));
      return json(200, { name, dropped: journal.dropped, received });
    }
    case "DELETE /received":
      journal.clear();
      return json(200, { name });
    case "GET /faults":
      return json(200, { name, faults: standing.current });
    case "POST /faults": {
      const asked = parseStanding(body?.toString() ?? "");
      if (typeof asked === "string") return json(400, { error: asked });
      standing.set(asked.faults, asked.times);
      return json(200, { name, faults: asked.faults });
    }
    case "DELETE /faults":
      standing.set({});
      return json(200, { name });
    case "GET /healthz":
      return json(200, { name });
    default:
      return json(405, { error: `${head.method} is nothing that can be done on ${head.path}` });
  }
}

function parseStanding(text: string): { readonly faults: Faults; readonly times?: number } | string {
  const body = parseObject(text);
  if (body === undefined) return "the body has to be a JSON object";
  const { times, ...words } = body;
  if (times !== undefined && !(typeof times === "number" && times >= 0))
    return '"times" is a number of requests';
  const faults = parseFaults(Object.entries(words).map(([word, value]) => [word, String(value)]));
  if (typeof faults === "string") return faults;
  return times === undefined ? { faults } : { faults, times };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function json(status: number, body: unknown): Answer {
  const headers = { "content-type": "application/json" };
  return { type: "answer", status, headers, streamed: false, frames: [frame(JSON.stringify(body))] };
}
