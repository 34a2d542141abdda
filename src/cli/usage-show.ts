import { resolve } from "node:path";
import { findRecords } from "../usage/find.ts";
import { showRecord } from "../usage/show.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** `tollgate usage show`: all that is known of one exchange, or of every exchange of a trace. */
export async function usageShow(
  terminal: Terminal,
  id: string,
  options: { readonly config: string; readonly json: boolean },
): Promise<void> {
  const { usageLog } = loadSnapshot(terminal, resolve(terminal.cwd, options.config));
  const records = await findRecords(usageLog.folder, id);
  if (records.length === 0)
    throw new CommandFailure(
      `no record of "${id}" in ${usageLog.folder}: a record is written when its exchange ends`,
    );
  terminal.out(
    options.json
      ? JSON.stringify(records, undefined, 2)
      : records.map((record) => showRecord(record).trimEnd()).join("\n\n"),
  );
}
