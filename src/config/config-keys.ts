import { keyDescriptions } from "./key-descriptions.ts";

/** The part of a JSON Schema that describing and listing keys reads. */
export interface SchemaNode {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
}

/** A key of the config, in one of the kinds of entry that have it. */
export interface ConfigKey {
  /** As in {@link keyDescriptions}. */
  readonly path: string;
  /** Its schema, references resolved. */
  readonly schema: SchemaNode;
  readonly required: boolean;
  /** The provider, identity or sink type that has it; undefined where entries have no types. */
  readonly kind: string | undefined;
}

/** Keys whose values have the keys of the map around them, which are listed once. */
const recursiveKeys = new Set(["and", "or", "not", "tiers", "batch", "flex", "priority"]);
const wordsOfKind = ["provider", "type"];

/** Lists every key of a config's JSON Schema, outer keys first. */
export function configKeys(schema: SchemaNode): readonly ConfigKey[] {
  const keys: ConfigKey[] = [];
  const visit = (node: SchemaNode, path: string, kind: string | undefined): void => {
    const found = resolve(schema, node);
    const own = kindOf(found) ?? kind;
    for (const [name, property] of Object.entries(found.properties ?? {})) {
      const inner = path === "" ? name : `${path}.${name}`;
      const resolved = resolve(schema, property);
      const described = { ...resolved, ...descriptionOf(inner, resolved) };
      keys.push({
        path: inner,
        schema: described,
        required: found.required?.includes(name) ?? false,
        kind: own,
      });
      if (!recursiveKeys.has(name)) visit(resolved, inner, own);
    }
    if (typeof found.additionalProperties === "object") visit(found.additionalProperties, `${path}.*`, own);
    if (found.items !== undefined) visit(found.items, path, own);
    for (const choice of [...(found.anyOf ?? []), ...(found.oneOf ?? [])]) visit(choice, path, own);
  };
  visit(schema, "", undefined);
  return keys;
}

/** Resolves a reference; what stands beside it wins. */
export function resolve(schema: SchemaNode, node: SchemaNode): SchemaNode {
  if (node.$ref === undefined) return node;
  const { $ref, ...beside } = node;
  const target = schema.$defs?.[$ref.slice("#/$defs/".length)] ?? {};
  return { ...resolve(schema, target), ...beside };
}

/** Adds descriptions to a config's JSON Schema where it has none. Keys inside shared definitions are described there. */
export function withDescriptions(schema: SchemaNode): SchemaNode {
  const definitions = new Map<string, SchemaNode>();
  const describe = (node: SchemaNode, path: string): SchemaNode => {
    if (node.$ref !== undefined) {
      const name = node.$ref.slice("#/$defs/".length);
      if (!definitions.has(name)) {
        // Set before descending: a condition's definition refers to itself.
        definitions.set(name, {});
        definitions.set(name, describe(schema.$defs?.[name] ?? {}, path));
      }
      return node;
    }
    const { properties, additionalProperties, items, anyOf, oneOf } = node;
    return {
      ...node,
      ...(properties === undefined ? {} : { properties: describeAll(properties, path) }),
      ...(typeof additionalProperties === "object"
        ? { additionalProperties: describe(additionalProperties, `${path}.*`) }
        : {}),
      ...(items === undefined ? {} : { items: describe(items, path) }),
      ...(anyOf === undefined ? {} : { anyOf: anyOf.map((choice) => describe(choice, path)) }),
      ...(oneOf === undefined ? {} : { oneOf: oneOf.map((choice) => describe(choice, path)) }),
    };
  };
  const describeAll = (properties: Readonly<Record<string, SchemaNode>>, path: string) =>
    Object.fromEntries(
      Object.entries(properties).map(([name, property]) => {
        const inner = path === "" ? name : `${path}.${name}`;
        return [name, { ...describe(property, inner), ...descriptionOf(inner, resolve(schema, property)) }];
      }),
    );
  const described = describe(schema, "");
  return { ...described, $defs: { ...schema.$defs, ...Object.fromEntries(definitions) } };
}

function descriptionOf(path: string, { description }: SchemaNode): { readonly description?: string } {
  const found = description ?? keyDescriptions[path];
  return found === undefined ? {} : { description: found };
}

function kindOf({ properties }: SchemaNode): string | undefined {
  const kind = wordsOfKind.map((word) => properties?.[word]?.const).find((value) => value !== undefined);
  return typeof kind === "string" ? kind : undefined;
}
