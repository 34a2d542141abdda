import type { Field, Fields, JsonSchema, Presence } from "../../../src/usage/field-type.ts";
import { recordTable } from "../../../src/usage/record-fields.ts";

/** The reference of the usage record: its own fields with their Parquet columns, then those of each object and list in it. */
export function usageRecordReference(): string {
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
