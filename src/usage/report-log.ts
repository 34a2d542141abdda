import { stat } from "node:fs/promises";
import { join } from "node:path";
import { columnsOf, type RecordColumns } from "./columns.ts";
import { readColumns, writeColumns } from "./columns-file.ts";
import { dimensionOf } from "./dimension.ts";
import { canFold, foldColumns } from "./fold-columns.ts";
import { Groups, type Report } from "./groups.ts";
import { type Period, readSegment, segmentsOf, within } from "./read.ts";
import { columnsPath } from "./segment.ts";
import { sumsOf } from "./sums.ts";

/** A report over a log, and how many of its lines were no records. */
export interface LogReport extends Report {
  readonly unreadableLines: number;
}

/**
 * Sums the records of a usage log by fields, as {@link report} does. The needed part of a segment that no longer grows is kept beside it as columns (`usage-*.columns`, where the folder can be written): the first report reads the records, later ones a twentieth of that.
 */
export async function reportLog(folder: string, period: Period, by: readonly string[]): Promise<LogReport> {
  const groups = new Groups();
  let unreadableLines = 0;
  const segments = await segmentsOf(folder, period);
  for (const name of segments) {
    const columns = name === segments.at(-1) ? undefined : await columnsOfSegment(folder, name, by);
    if (columns !== undefined && canFold(columns, by)) {
      foldColumns(columns, by, period, groups);
      unreadableLines += columns.unreadable;
      continue;
    }
    for await (const record of readSegment(folder, name, () => unreadableLines++))
      if (within(record, period))
        groups.add(
          by.map((field) => dimensionOf(record, field)),
          sumsOf(record),
        );
  }
  return { ...groups.report(by), unreadableLines };
}

async function columnsOfSegment(
  folder: string,
  name: string,
  by: readonly string[],
): Promise<RecordColumns | undefined> {
  const { size } = await stat(join(folder, name));
  const path = columnsPath(folder, name);
  const kept = await readColumns(path, size, by);
  if (kept !== undefined) return kept;
  let unreadable = 0;
  const made = await columnsOf(
    readSegment(folder, name, () => unreadable++),
    () => unreadable,
  );
  // Without the right or the room to keep them, columns serve this report alone.
  if (made !== undefined) await writeColumns(path, size, made).catch(() => {});
  return made;
}
