import { malformed, ProtobufReader } from "../core/protobuf-reader.ts";
import { type AccessLogEntry, readAccessLogEntry } from "./access-log-entry.ts";

/** Where one stream of messages stands: which log it carries is said in its first message only. */
export interface AccessLogStreamState {
  kind: AccessLogEntry["kind"] | undefined;
}

/**
 * Reads one `envoy.service.accesslog.v3.StreamAccessLogsMessage` and hands out its entries one by one, so that a message of many
 * tiny ones takes no memory. Throws `internal` when it is malformed, comes without a log name before it, or from a log that is
 * not ours; entries before the fault have been handed out.
 */
export function readAccessLogMessage(
  bytes: Buffer,
  state: AccessLogStreamState,
  onEntry: (entry: AccessLogEntry) => void,
): void {
  const reader = new ProtobufReader(bytes);
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === tags.identifier) state.kind = readLogKind(reader);
    else if (tag === tags.httpLogs) readEntries(reader, state.kind, onEntry);
    else reader.skip(tag);
  }
}

/** `Identifier`: of it the log's name; the 61 kB about the node are passed over. */
function readLogKind(reader: ProtobufReader): AccessLogEntry["kind"] {
  let name = "";
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === tags.logName) name = reader.utf8();
    else reader.skip(tag);
  }
  reader.leave(outer);
  if (name === "tollgate.request") return "request";
  if (name === "tollgate.attempt") return "attempt";
  throw malformed("a log of a name that is not Tollgate's");
}

function readEntries(
  reader: ProtobufReader,
  kind: AccessLogEntry["kind"] | undefined,
  onEntry: (entry: AccessLogEntry) => void,
): void {
  if (kind === undefined) throw malformed("entries before the log's name");
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === tags.logEntry) onEntry(readAccessLogEntry(reader, kind));
    else reader.skip(tag);
  }
  reader.leave(outer);
}

// StreamAccessLogsMessage.identifier and .http_logs, Identifier.log_name, HTTPAccessLogEntries.log_entry
const tags = { identifier: 0x0a, httpLogs: 0x12, logName: 0x12, logEntry: 0x0a } as const;
