import { randomUUID } from "node:crypto";
import { TLSSocket } from "node:tls";
import { systemClock } from "../core/clock.ts";
import { type Answer, plainAnswer } from "./answer.ts";
import { answerTo, type RequestHead, type Rules } from "./answer-to.ts";
import { type Controlled, control, isControlPath } from "./control.ts";
import { type Arrival, digestCredentials, digestPath, type ReceivedEntry } from "./journal.ts";
import { perform } from "./perform.ts";
import { readBody } from "./request-body.ts";
import { type NodeRequest, type NodeResponse, Wire } from "./wire.ts";

/** The settings and services by which one instance answers every request. */
export interface Serving extends Controlled, Rules {
  readonly journalBodies: boolean;
  readonly journalCredentials: boolean;
}

/** Answers one request from its first byte to its last, and keeps its journal entry. Never rejects. */
export async function serve(
  serving: Serving,
  request: NodeRequest,
  response: NodeResponse,
  resetConnection: () => void,
): Promise<void> {
  const startedMs = systemClock.monotonicMs();
  const head = headOf(request);
  if (isControlPath(head.path))
    return serveControl(serving, head, request, new Wire(response, resetConnection));
  const told = serving.journal.open(arrivalOf(request, head, serving));
  const wire = new Wire(response, resetConnection, (ended) => {
    told.closedAfterMs = Math.round(systemClock.monotonicMs() - startedMs);
    told.aborted = !ended;
  });
  const body = await readBody(request);
  if (body === undefined) return;
  told.bodyBytes = body.length;
  told.bodySha256 = body.sha256;
  if (serving.journalBodies && body.bytes !== undefined) serving.journal.keepBody(told, body.bytes);
  try {
    const { answer, faults } = answerTo(serving, head, body.bytes, told);
    await perform(answer, faults, wire, told);
  } catch (error) {
    // A bug here: said aloud where it can be, so that no test takes it for a fault it asked for.
    const text = `fake provider: ${error instanceof Error ? error.message : String(error)}`;
    if (response.headersSent) return wire.reset();
    await perform(plainAnswer(500, text), {}, wire, told);
  }
}

async function serveControl(
  serving: Serving,
  head: RequestHead,
  request: NodeRequest,
  wire: Wire,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) return;
  const answer: Answer = control(head, body.bytes, serving);
  await perform(answer, {}, wire, { status: null, outputTokensWritten: 0, billed: null });
}

function headOf(request: NodeRequest): RequestHead {
  const target = request.url ?? "/";
  const mark = target.indexOf("?");
  return {
    method: request.method ?? "GET",
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? "" : target.slice(mark + 1)),
    headers: joinHeaders(request.rawHeaders),
  };
}

/** Headers by name in lower case, repeated ones joined; HTTP/2's authority as the host that it is. */
function joinHeaders(raw: readonly string[]): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const given = (raw[index] ?? "").toLowerCase();
    const name = given === ":authority" ? "host" : given;
    if (name.startsWith(":")) continue;
    const value = raw[index + 1] ?? "";
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}

function arrivalOf(request: NodeRequest, { method, headers }: RequestHead, serving: Serving): Arrival {
  const { socket } = request;
  const target = request.url ?? "/";
  return {
    id: randomUUID().replaceAll("-", ""),
    time: new Date(systemClock.nowMs()).toISOString(),
    httpVersion: request.httpVersion,
    method,
    path: serving.journalCredentials ? target : digestPath(target),
    headers: serving.journalCredentials ? headers : digestCredentials(headers),
    tls: socket instanceof TLSSocket ? tlsOf(socket) : null,
  };
}

function tlsOf(socket: TLSSocket & { readonly servername?: unknown }): ReceivedEntry["tls"] {
  const { servername, alpnProtocol } = socket;
  // Without a certificate this is an empty object.
  const client = socket.getPeerCertificate()?.subject?.CN;
  return {
    ...(typeof client === "string" ? { client } : {}),
    sni: typeof servername === "string" && servername !== "" ? servername : null,
    alpn: typeof alpnProtocol === "string" ? alpnProtocol : null,
  };
}
