import type { Field, Fields, JsonSchema, Presence } from "./field-type.ts";
import { recordTable } from "./record-fields.ts";

const begin = "<!-- begin: written by `npm run build:record` from src/usage/record-fields.ts -->";
const end = "<!-- end -->";

/** A page with the record's reference between its markers. Throws when the page has no markers. */
export function withRecordReference(page: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page needs the lines "${begin}" and "${end}"`);
  return `${page.slice(0, from)}${begin}\n${recordReference()}\n${page.slice(to)}`;
}

/** The record's fields as tables in Markdown: its own, with their Parquet columns, then those of each object and list in it. */
function recordReference(): string {
  const [own, ...parts] = sectionsOf("", recordTable);
  if (own === undefined) return "";
  return [
    "| field | type | Parquet | |\n|---|---|---|---|",
    ...Object.entries(own.fields).map(([name, field]) =>
      row(name, typeText(field), field.type.column, field.description),
    ),
    ...parts.map(({ title, fields }) => partTable(title, fields)),
  ].join("\n");
}

interface Section {
  readonly title: string;
  readonly fields: Fields;
}

function* sectionsOf(title: string, fields: Fields): Generator<Section> {
  yield { title, fields };
  for (const [name, { type }] of Object.entries(fields)) {
    if (type.fields === undefined) continue;
    const path = title === "" ? name : `${title}.${name}`;
    yield* sectionsOf(type.schema.type === "array" ? `${path}[]` : path, type.fields);
  }
}

function partTable(title: string, fields: Fields): string {
  const rows = Object.entries(fields).map(([name, field]) => row(name, typeText(field), field.description));
  return `\n### \`${title}\`\n\n| field | type | |\n|---|---|---|\n${rows.join("\n")}`;
}

function row(name: string, ...cells: readonly string[]): string {
  return `| \`${name}\` | ${cells.join(" | ")} |`;
}

function typeText({ type: { schema }, presence }: Field<unknown, Presence>): string {
  const values =
    schema.enum === undefined ? namesOf(schema).join(" or ") : schema.enum.map(String).join(", ");
  const digits = schema.pattern === undefined ? "" : " (digits)";
  return `${values}${digits}${presence === "always" ? "; always" : ""}`;
}

function namesOf({ type = "any" }: JsonSchema): readonly string[] {
  return typeof type === "string" ? [type] : type;
}
