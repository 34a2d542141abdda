import { checkSchema } from "../../../src/config/check-schema.ts";
import { type ConfigKey, configKeys, resolve, type SchemaNode } from "../../../src/config/config-keys.ts";
import { code, markdownTable } from "./generated-part.ts";

const schema: SchemaNode = checkSchema();

/** The keys of the config by path; a key that several kinds of entry have is listed with all of them. */
export function configKeysByPath(): ReadonlyMap<string, readonly ConfigKey[]> {
  const byPath = new Map<string, ConfigKey[]>();
  for (const key of configKeys(schema)) byPath.set(key.path, [...(byPath.get(key.path) ?? []), key]);
  return byPath;
}

/** The reference of the config: a section for each key at the top, a row for each key in it. */
export function configurationReference(): string {
  const byPath = configKeysByPath();
  const kinds = (prefix: string): number =>
    new Set(
      [...byPath.values()].flat().flatMap(({ path, kind }) => (path.startsWith(prefix) ? (kind ?? []) : [])),
    ).size;
  return [...byPath]
    .filter(([path]) => !path.includes("."))
    .map(([section, keys]) => {
      const rows = [...byPath]
        .filter(([path]) => path.startsWith(`${section}.`) && !isRepeated(path))
        .map(([path, same]) => row(path, same, kinds(`${section}.`)));
      const [key] = keys;
      const own = key === undefined ? "" : `${key.schema.description ?? ""} ${ownDefault(keys)}`.trim();
      return [`### ${section}`, own, rows.length === 0 ? "" : table(rows)]
        .filter((part) => part !== "")
        .join("\n\n");
    })
    .join("\n\n");
}

/** Conditions have the same keys everywhere; they are listed under `routes.when` alone. */
function isRepeated(path: string): boolean {
  return /\.(when|match|allow)\.(query|header|and|or|not)$/.test(path) && !path.startsWith("routes.when.");
}

function table(rows: readonly (readonly string[])[]): string {
  return markdownTable(["key", "value", "default", "meaning"], rows);
}

function ownDefault(keys: readonly ConfigKey[]): string {
  const text = defaultsOf(keys);
  if (text === "" || text === "`{}`" || text === "`[]`") return "";
  return text === "required" ? "Required." : `Default: ${text}.`;
}

function row(path: string, keys: readonly ConfigKey[], kinds: number): readonly string[] {
  const [first] = keys;
  const owners = [...new Set(keys.flatMap(({ kind }) => kind ?? []))];
  const only = owners.length > 0 && owners.length < kinds ? ` (${owners.join(", ")})` : "";
  const values = [...new Set(keys.map(({ schema: one }) => valueText(one)))];
  return [`${code(path)}${only}`, values.join(" or "), defaultsOf(keys), first?.schema.description ?? ""];
}

function defaultsOf(keys: readonly ConfigKey[]): string {
  if (keys.every(({ required }) => required)) return "required";
  const texts = keys.flatMap(({ schema: one, kind }) => {
    const { default: value } = one;
    if (value === undefined) return [];
    return [{ text: code(typeof value === "string" ? value : JSON.stringify(value)), kind }];
  });
  const distinct = [...new Set(texts.map(({ text }) => text))];
  if (distinct.length <= 1) return distinct.join("");
  return texts.map(({ text, kind }) => (kind === undefined ? text : `${kind}: ${text}`)).join(", ");
}

/** What a key's value is, for people. */
function valueText(node: SchemaNode): string {
  const one = resolve(schema, node);
  if (one.const !== undefined) return code(String(one.const));
  if (one.enum !== undefined) return one.enum.map((value) => code(String(value))).join(", ");
  const choices = [...(one.anyOf ?? []), ...(one.oneOf ?? [])];
  if (choices.length > 0) return [...new Set(choices.map(valueText))].join(" or ");
  if (one.type === "array") return `list of ${one.items === undefined ? "values" : valueText(one.items)}`;
  if (one.type === "object" || one.properties !== undefined) return "map";
  if (Array.isArray(one.type)) return one.type.map(wordOf).join(" or ");
  return typeof one.type === "string" ? wordOf(one.type) : "";
}

function wordOf(type: string): string {
  const words: Readonly<Record<string, string>> = {
    string: "text",
    integer: "whole number",
    boolean: "true, false",
  };
  return words[type] ?? type;
}
