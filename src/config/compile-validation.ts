import { compileValidation, type Validation } from "../validation/validation.ts";
import type { ValidationSection } from "../validation/validation-section.ts";
import { type Compilation, contextOf } from "./compilation.ts";
import type { Path } from "./problem.ts";
import type { ModelSection } from "./schema.ts";

/** Compiles the `validate` of one model; undefined where it has none. */
export function compileModelValidation(
  compilation: Compilation,
  name: string,
  { validate, failover, targets }: ModelSection,
): Validation | undefined {
  if (validate === undefined) return undefined;
  const path = ["models", name, "validate"];
  if (failover === "status")
    compilation.file.refuse(path, "needs `failover: content`: `status` does not inspect answers", "key");
  const section: ValidationSection = validate;
  if (section.minPassRate !== undefined && targets.length < 2)
    compilation.file.refuse(
      [...path, "minPassRate"],
      "there is only one target: this could never apply",
      "key",
    );
  if (section.codeFence && section.json === undefined && section.jsonSchema === undefined)
    compilation.file.refuse(
      [...path, "codeFence"],
      "works only with json and jsonSchema: it could never apply",
      "key",
    );
  const jsonSchema = schemaAt(compilation, [...path, "jsonSchema"], section.jsonSchema);
  return compileValidation(
    name,
    { ...section, jsonSchema },
    contextOf(compilation, {
      refuse: (key: string, why: string) => compilation.file.refuse([...path, key], why),
    }),
  );
}

/** The schema in a file that the value names; any other value unchanged. */
function schemaAt({ file, inputs }: Compilation, path: Path, value: unknown): unknown {
  if (typeof value !== "string" || value === "auto") return value;
  const read = inputs.readText(value);
  if ("problem" in read) {
    file.refuse(path, read.problem);
    return undefined;
  }
  try {
    const schema: unknown = JSON.parse(read.text);
    if (typeof schema === "object" && schema !== null && !Array.isArray(schema)) return schema;
  } catch {
    // Said below, as of any other text.
  }
  file.refuse(path, `${inputs.show(value)} does not contain a JSON object`);
  return undefined;
}
