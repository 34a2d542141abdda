/** The part of JSON Schema (draft 2020-12) that the record uses. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly (string | null)[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly items?: JsonSchema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
}

/** How values of one type are published. `Value` is their TypeScript type. */
export interface FieldType<Value> {
  readonly schema: JsonSchema;
  /** The type of the Parquet column; objects and lists are JSON text there. */
  readonly column: "STRING" | "INT64" | "DOUBLE" | "BOOLEAN" | "TIMESTAMP";
  /** Reports group by it from their columns; other fields have nearly as many values as there are records. */
  readonly hasFewValues: boolean;
  /** Integer nano-USD in decimal. */
  readonly isMoney?: true;
  /** The fields of an object, or of each entry of a list. */
  readonly fields?: Fields;
  /** Never set: it carries the type alone. */
  readonly valueType?: Value;
}

/** `always`: the key is in every record. `known`: an absent key means unknown. */
export type Presence = "always" | "known";

/** One field of a table. */
export interface Field<Value, P extends Presence> {
  readonly presence: P;
  readonly type: FieldType<Value>;
  /** For the schema and the reference. */
  readonly description: string;
  /** It tells one person's exchanges from another's: an erasure removes it. */
  readonly isPersonal: boolean;
}

/** A table of fields, in the order they are written. */
export type Fields = Readonly<Record<string, Field<unknown, Presence>>>;

type ValueOf<F> = F extends Field<infer Value, Presence> ? Value : never;
type AlwaysIn<T extends Fields> = {
  [Name in keyof T]: T[Name]["presence"] extends "always" ? Name : never;
}[keyof T];

/** The described record when read: absent means unknown. */
export type RecordOf<T extends Fields> = {
  readonly [Name in AlwaysIn<T>]: ValueOf<T[Name]>;
} & {
  readonly [Name in Exclude<keyof T, AlwaysIn<T>>]?: ValueOf<T[Name]> | undefined;
};

/** The described record when written: every field is named, and undefined means unknown. A new field does not compile until it is filled. */
export type CompleteRecordOf<T extends Fields> = {
  readonly [Name in keyof T]: Name extends AlwaysIn<T> ? ValueOf<T[Name]> : ValueOf<T[Name]> | undefined;
};

/** A field whose key is in every record. */
export function always<Value>(
  type: FieldType<Value>,
  description: string,
  { isPersonal = false } = {},
): Field<Value, "always"> {
  return { presence: "always", type, description, isPersonal };
}

/** A field that is absent where it is unknown. */
export function known<Value>(
  type: FieldType<Value>,
  description: string,
  { isPersonal = false } = {},
): Field<Value, "known"> {
  return { presence: "known", type, description, isPersonal };
}

/** Text with few values in an hour: reports group by it. */
export const text: FieldType<string> = { schema: { type: "string" }, column: "STRING", hasFewValues: true };

/** Text that differs with nearly every record. */
export const identifier: FieldType<string> = { ...text, hasFewValues: false };

/** A UUID in its usual form. */
export const uuid: FieldType<string> = { ...identifier, schema: { type: "string", format: "uuid" } };

/** ISO 8601 in UTC with milliseconds. */
export const time: FieldType<string> = {
  schema: { type: "string", format: "date-time" },
  column: "TIMESTAMP",
  hasFewValues: false,
};

/** True or false. */
export const flag: FieldType<boolean> = {
  schema: { type: "boolean" },
  column: "BOOLEAN",
  hasFewValues: true,
};

/** Tokens or bytes. */
export const count: FieldType<number> = {
  schema: { type: "integer", minimum: 0 },
  column: "INT64",
  hasFewValues: false,
};

/** Milliseconds or dollars, with fractions. */
export const amount: FieldType<number> = {
  schema: { type: "number", minimum: 0 },
  column: "DOUBLE",
  hasFewValues: false,
};

/** An HTTP status. */
export const httpStatus: FieldType<number> = {
  schema: { type: "integer", minimum: 100, maximum: 599 },
  column: "INT64",
  hasFewValues: true,
};

/** A non-negative integer of any size in decimal. */
export const integerText: FieldType<string> = {
  schema: { type: "string", pattern: "^(0|[1-9][0-9]*)$" },
  column: "INT64",
  hasFewValues: false,
};

/** Integer nano-USD in decimal: exact at any size. */
export const nanoUsd: FieldType<string> = { ...integerText, isMoney: true };

/** One of a closed list of words. */
export function oneOf<const Value extends string>(values: readonly Value[]): FieldType<Value> {
  return { schema: { enum: values }, column: "STRING", hasFewValues: true };
}

/** A value, or null where it is unknown. */
export function nullable<Value>(type: FieldType<Value>): FieldType<Value | null> {
  const { valueType: _, ...rest } = type;
  const { schema } = type;
  if (schema.enum !== undefined) return { ...rest, schema: { ...schema, enum: [...schema.enum, null] } };
  return { ...rest, schema: { ...schema, type: [String(schema.type), "null"] } };
}

/** An object with these fields and no others. */
export function objectOf<const T extends Fields>(fields: T): FieldType<RecordOf<T>> {
  const schema = { type: "object", ...objectSchema(fields), additionalProperties: false };
  return { schema, column: "STRING", hasFewValues: false, fields };
}

/** A list of objects with these fields and no others. */
export function listOf<const T extends Fields>(fields: T): FieldType<readonly RecordOf<T>[]> {
  const items = objectOf(fields).schema;
  return { schema: { type: "array", items }, column: "STRING", hasFewValues: false, fields };
}

/** The `required` and `properties` of an object with these fields. */
export function objectSchema(fields: Fields): Pick<JsonSchema, "required" | "properties"> {
  const entries = Object.entries(fields);
  const required = entries.filter(([, { presence }]) => presence === "always").map(([name]) => name);
  const properties = Object.fromEntries(
    entries.map(([name, { type, description }]) => [name, { ...type.schema, description }]),
  );
  return required.length === 0 ? { properties } : { required, properties };
}
