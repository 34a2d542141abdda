import { largest } from "../core/extremes.ts";
/** The formats in which a command prints rows. */
export const rowFormats = ["table", "json"] as const;

/** One of {@link rowFormats}. */
export type RowFormat = (typeof rowFormats)[number];

/** One column of a table; figures stand at the right. */
export interface Column<Row> {
  readonly title: string;
  readonly figures?: boolean;
  of(row: Row): string;
}

/** Rows as text without a last line end: JSON for programs, aligned columns for people. */
export function formatRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<NoInfer<Row>>[],
  format: RowFormat,
): string {
  if (format === "json") return JSON.stringify(rows, undefined, 2);
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ of }) => of(row)))];
  const widths = columns.map((_, at) => largest(lines.map((cells) => cells[at]?.length ?? 0)));
  return lines
    .map((cells) =>
      cells
        .map((cell, at) =>
          columns[at]?.figures ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
