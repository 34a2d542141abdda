import type { ContractReader } from "../contract/contract.ts";
import type { Identity } from "../identity/identity.ts";
import type { IdentityInputs } from "../identity/identity-kind.ts";
import { identityKinds } from "../identity/index.ts";
import { type Compilation, contextOf, parseKind } from "./compilation.ts";

/** Compiles the `identity` list, and the files it names. */
export function compileIdentities(
  compilation: Compilation,
  entries: readonly unknown[],
  contract: ContractReader,
): readonly Identity[] {
  const identities: Identity[] = [];
  if (entries.length === 0 && !compilation.file.hasProblem(["identity"]))
    compilation.file.refuse(
      ["identity"],
      "is required to identify callers, e.g. [{ type: anonymous, tenant_id: local }]",
    );
  for (const [index, entry] of entries.entries()) {
    const path = ["identity", index];
    if (identities.some((identity) => identity.decidesAll))
      compilation.file.refuse(path, "an entry before this one takes every request: this could never decide");
    const parsed = parseKind(compilation, path, entry, "type", identityKinds);
    if (parsed === undefined) continue;
    const context = contextOf(compilation, identityInputs(compilation, index, contract));
    identities.push(parsed.kind.create(parsed.section, context));
  }
  return identities;
}

function identityInputs(
  { file, inputs }: Compilation,
  index: number,
  contract: ContractReader,
): IdentityInputs {
  return {
    fieldProblem: (name, value) => contract.identityProblem(name, value),
    read: (path, schema) =>
      inputs.readYaml(path, schema, (message) => file.refuse(["identity", index, "file"], message)),
  };
}
