import { z } from "zod";
import type { Clock } from "../core/clock.ts";
import type { KindContext } from "../core/kind.ts";
import type { Log } from "../core/log.ts";
import type { ConfigInputs } from "./config-inputs.ts";
import { parseSection } from "./parse-section.ts";
import type { Path } from "./problem.ts";
import { didYouMean } from "./suggest.ts";
import { isUnavailableKind } from "./unavailable.ts";
import type { YamlFile } from "./yaml-file.ts";

/** A config on its way to a snapshot: the file, and the files it names. */
export interface Compilation {
  readonly file: YamlFile;
  readonly inputs: ConfigInputs;
  /** When it began; wall time. */
  readonly nowMs: number;
  /** For the providers, identities, policies, rules and sinks that are created. */
  readonly clock: Clock;
  readonly log: Log;
}

/** The context that kinds are created with while a config is compiled. */
export function contextOf<Inputs>({ clock, log }: Compilation, inputs: Inputs): KindContext<Inputs> {
  return { inputs, clock, log };
}

/** A member of one of the lists of kinds: what its section says it is, and the section's whole shape. */
interface Kind {
  readonly type: string;
  readonly schema: z.ZodType;
}

/** The kind that an entry's `key` names and the entry as its schema has it; undefined once the problem has been noted. */
export function parseKind<K extends Kind>(
  { file }: Compilation,
  path: Path,
  entry: unknown,
  key: string,
  kinds: readonly K[],
): { readonly kind: K; readonly section: never } | undefined {
  const named = parseSection(file, path, entry, z.looseObject({ [key]: z.string() }));
  if (named === undefined) return undefined;
  const kind = kinds.find(({ type }) => type === named[key]);
  if (kind === undefined) {
    file.refuse([...path, key], unknownKind(key, String(named[key]), kinds));
    return undefined;
  }
  const section = parseSection(file, path, entry, kind.schema);
  // The kind's own schema made it, and the kind alone takes it.
  return section === undefined ? undefined : { kind, section: section as never };
}

function unknownKind(key: string, type: string, kinds: readonly Kind[]): string {
  const known = kinds.map((kind) => kind.type);
  if (isUnavailableKind(key, type)) return `${type} is not available in this version`;
  return `unknown ${key}${didYouMean(type, known) || `: it is one of ${known.join(", ")}`}`;
}

/** The entries of a section that is a list, each to be checked by itself so that one mistake hides no other; none when it is left out. */
export function listOf({ file }: Compilation, name: string, value: unknown): readonly unknown[] {
  return parseSection(file, [name], value, z.array(z.unknown()).default([])) ?? [];
}

/** The entries of a section that is a map of names, each to be checked by itself; at least one is required. */
export function mapOf(
  { file }: Compilation,
  name: string,
  value: unknown,
  nameSchema: z.ZodType<string, string>,
): readonly (readonly [name: string, entry: unknown])[] {
  const entries = parseSection(file, [name], value, z.record(z.string(), z.unknown()));
  if (entries === undefined) return [];
  const named = Object.entries(entries);
  if (named.length === 0) file.refuse([name], "must have at least one entry");
  for (const [key] of named) {
    const checked = nameSchema.safeParse(key);
    if (!checked.success) file.refuse([name, key], checked.error.issues[0]?.message ?? "", "key");
  }
  return named;
}

/** The entries of a map or a list by key or position; nothing for anything else. */
export function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
