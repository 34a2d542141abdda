import { z } from "zod";
import { recordFields } from "../usage/record-fields.ts";

/** Values are short words, not texts: they key accounts and label records. UTF-16 units. */
export const valueLengthMax = 256;

/** True if a contract may carry this text: not too long, no control characters, and no `|`, which separates the parts of an account's id. */
export function isValue(text: string): boolean {
  return text.length <= valueLengthMax && !/[\p{Cc}|]/u.test(text);
}

const value = z.string().min(1).refine(isValue, `must be at most ${valueLengthMax} plain characters`);
const source = z
  .string()
  .regex(
    /^(header|contract|identity|body:(contract|metadata)(\.[^.\s]+)+)$/,
    "must be header, contract, identity, or body:metadata.NAME",
  );

const fieldSection = z
  .strictObject({
    values: z.array(value).min(1).optional(),
    type: z.enum(["string", "boolean"]).optional(),
    default: z.union([value, z.boolean()], { error: "must be text, true or false" }).optional(),
    from: z.array(source).min(1).optional(),
  })
  .superRefine((field, context) => {
    const refuse = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    if (field.type === "boolean" && field.values !== undefined)
      refuse("values", "a boolean is true or false: leave `values` out");
    if (field.type === "boolean" && typeof field.default === "string")
      refuse("default", "must be true or false");
    if (field.type !== "boolean" && typeof field.default === "boolean")
      refuse("default", "must be text, or the field needs `type: boolean`");
    if (
      field.values !== undefined &&
      field.default !== undefined &&
      !field.values.includes(String(field.default))
    )
      refuse("default", `must be one of ${field.values.join(", ")}`);
  });

/** Names that mean something else: what comes with the credential, and what rules and records call the request's own. */
const fixedFields: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["tenant_id", "user_id", "team", "app", "roles"].map((name) => [
      name,
      "comes from the credential: set it under `identity`",
    ]),
  ),
  trace_id: "is always the contract's, else traceparent's, else x-request-id",
  model: "is the request's own",
  backend: "is the plan's own",
  crc: "is the checksum of each usage record",
};

function fieldNameProblem(name: string): string | undefined {
  if (Object.hasOwn(fixedFields, name)) return `${name} ${fixedFields[name]}`;
  if (Object.hasOwn(defaultContract, name) || !recordFields.some((field) => field === name)) return undefined;
  return "the usage record has a field of its own with this name: choose another";
}

const fieldName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, "a field's name is lower-case letters, digits and _")
  .superRefine((name, context) => {
    const message = fieldNameProblem(name);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

/** The config's `contract` section: fields by name. */
export const contractSection = z.record(fieldName, fieldSection);

/** One field as the config writes it. */
export type FieldSection = z.output<typeof fieldSection>;

/** The contract of a config that says nothing about it. */
export const defaultContract: Readonly<Record<string, FieldSection>> = {
  workflow: { default: "default" },
  sensitivity: { values: ["public", "internal", "confidential", "restricted"], default: "internal" },
  latency_class: { values: ["interactive", "standard", "batch"], default: "standard" },
  budget_class: { values: ["low", "standard", "premium"], default: "standard" },
  retrieval_required: { type: "boolean", default: false },
};
