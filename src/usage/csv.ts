/** Lines of CSV (RFC 4180). A text that a spreadsheet would run as a formula gets a quote mark before it. */
export function csvLines(rows: readonly (readonly (string | number | bigint)[])[]): string {
  return rows.map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}

function csvCell(value: string | number | bigint): string {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
