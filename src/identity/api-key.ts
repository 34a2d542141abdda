import { hash } from "node:crypto";
import { z } from "zod";
import type { Recognition } from "./identity.ts";
import { defineIdentity, type IdentityInputs, type InputFile } from "./identity-kind.ts";
import { principalOf, principalShape } from "./principal-section.ts";

/** A longer credential is nobody's key and is not worth a digest. */
const credentialLengthMax = 4_096;

const keySection = z
  .object({
    name: z.string().min(1).max(128),
    sha256: z.string().regex(/^[0-9a-fA-F]{64}$/, "must be 64 hex digits: the SHA-256 of the whole key"),
    ...principalShape,
    expires: z
      .string()
      .refine(
        (text) => expiryMs(text) !== undefined,
        "must be a date like 2027-06-30 or 2027-06-30T18:00:00Z",
      )
      .optional(),
  })
  .catchall(z.union([z.string(), z.boolean(), z.number()], { error: "must be text" }));

const keysFile = z.strictObject({ keys: z.array(keySection) });

type KeySection = z.output<typeof keySection>;
type KeysFile = z.output<typeof keysFile>;

const unrecognised: Recognition = Object.freeze({ kind: "unrecognised" });
const expired: Recognition = Object.freeze({ kind: "rejected", reason: "the key has expired" });

/**
 * Keys by their SHA-256 digests, from a file. A digest is looked up in a map: how long that takes tells about digests, from which no key
 * can be had, and never about keys.
 */
export const apiKey = defineIdentity({
  type: "api-key",
  schema: z.strictObject({ type: z.literal("api-key"), file: z.string().min(1) }),
  create(section, { inputs }) {
    const file = inputs.read(section.file, keysFile);
    const keys = file === undefined ? new Map<string, Key>() : compileKeys(file, inputs);
    return {
      type: "api-key",
      decidesAll: false,
      identify(credential, nowMs) {
        if (credential === undefined || credential.length > credentialLengthMax) return unrecognised;
        const key = keys.get(hash("sha256", credential, "hex"));
        if (key === undefined) return unrecognised;
        return nowMs < key.expiresAtMs ? key.recognised : expired;
      },
    };
  },
});

interface Key {
  readonly recognised: Recognition;
  readonly expiresAtMs: number;
}

function compileKeys(file: InputFile<KeysFile>, inputs: IdentityInputs): ReadonlyMap<string, Key> {
  const keys = new Map<string, Key>();
  const names = new Set<string>();
  for (const [index, section] of file.value.keys.entries()) {
    const digest = section.sha256.toLowerCase();
    if (keys.has(digest))
      file.refuse(
        ["keys", index, "sha256"],
        "another entry has the same key: make a new one with `tollgate key new`",
      );
    if (names.has(section.name))
      file.refuse(
        ["keys", index, "name"],
        `another key is named "${section.name}": records could not distinguish them`,
      );
    names.add(section.name);
    const principal = principalOf(section, section.name, ownFields(section, index, file, inputs));
    keys.set(digest, {
      recognised: Object.freeze({ kind: "principal", principal }),
      expiresAtMs:
        section.expires === undefined ? Number.POSITIVE_INFINITY : (expiryMs(section.expires) ?? 0),
    });
  }
  return keys;
}

function ownFields(
  section: KeySection,
  index: number,
  file: InputFile<KeysFile>,
  inputs: IdentityInputs,
): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(section)) {
    if (Object.hasOwn(keySection.shape, name)) continue;
    const problem = inputs.fieldProblem(name, String(value));
    if (problem === undefined) fields.set(name, String(value));
    else file.refuse(["keys", index, name], problem, "key");
  }
  return fields;
}

/** When a key expires, milliseconds since 1970; a date alone is good to its last moment in UTC. Undefined for what is no date. */
export function expiryMs(text: string): number | undefined {
  const dateOnly = /^\d{4}-\d{2}-\d{2}$/.test(text);
  if (!dateOnly && !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/.test(text))
    return undefined;
  const ms = Date.parse(text);
  // Date.parse takes 2027-02-31 for 3 March.
  if (Number.isNaN(ms) || (dateOnly && new Date(ms).toISOString().slice(0, 10) !== text)) return undefined;
  return dateOnly ? ms + 86_400_000 : ms;
}
