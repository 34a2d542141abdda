import type { JsonObject } from "../json-view.ts";
import { objectOf, parseJson, textOf } from "../json-view.ts";

/** A tool that other formats have only as a plain function of another name or shape. */
export interface OwnTool {
  readonly name: string;
  /** `custom`: its input is one text, not JSON. */
  readonly kind: "function" | "custom";
  /** The namespace that holds it. Undefined for none. */
  readonly namespace: string | undefined;
}

/** Own tools by the name under which other formats call them. */
export type OwnTools = ReadonlyMap<string, OwnTool>;

/** The one argument of a custom tool where it is called as a function. */
const inputArgument = "input";

/** The name of a namespace's tool in formats without namespaces. */
export function flatName(namespace: string | undefined, name: string): string {
  if (namespace === undefined) return name;
  return namespace.endsWith("__") ? `${namespace}${name}` : `${namespace}__${name}`;
}

/** The schema of a custom tool's arguments where it is called as a function. `format`: what its input must look like. */
export function customParameters(format: JsonObject | undefined): object {
  const { syntax, definition } = format ?? {};
  const grammar = textOf(definition);
  const description =
    grammar === undefined
      ? "The input of the tool, as plain text."
      : `The input of the tool, as plain text. It must match this ${textOf(syntax) ?? ""} grammar:\n${grammar}`;
  return {
    type: "object",
    properties: { [inputArgument]: { type: "string", description } },
    required: [inputArgument],
    additionalProperties: false,
  };
}

/** The arguments of a custom tool's call where it is called as a function. */
export function customArguments(input: string): string {
  return JSON.stringify({ [inputArgument]: input });
}

/** The input of a custom tool that was called as a function: what was written, if it is not what was asked for. */
export function customInput(written: string): string {
  return textOf(objectOf(parseJson(written))?.[inputArgument]) ?? written;
}
