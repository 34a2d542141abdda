import { z } from "zod";
import { ledgerKinds } from "../ledger/index.ts";
import type { LedgerKind } from "../ledger/ledger-kind.ts";
import { local } from "../ledger/local.ts";
import type { Compilation } from "./compilation.ts";
import { parseSection } from "./parse-section.ts";
import { path } from "./scalars.ts";
import { defaults } from "./schema.ts";
import { type LedgerConfig, type MissingLedgerAction, missingLedgerActions } from "./snapshot.ts";
import { isUnavailableKind } from "./unavailable.ts";

/** The keys that every ledger has. */
const common = {
  path: path.default(defaults.ledger.path),
  onMissing: z
    .enum(missingLedgerActions)
    .default("refuse")
    .describe(
      "What a start does whose ledger is gone while the usage log has charges of windows that still run: `refuse` to start, `rebuild` the ledger from the log, or `start-empty`.",
    ),
};

/** The `ledger` section of each kind, whole. */
export const ledgerSections = ledgerKinds.map(withCommonKeys);

const localSection = withCommonKeys(local);

function withCommonKeys(kind: LedgerKind) {
  return {
    ...kind,
    schema: kind.schema.extend({ type: z.enum([kind.type, ...kind.formerTypes]), ...common }),
  };
}

/** Compiles the `ledger` section; undefined once its problems have been noted. */
export function compileLedger({ file, inputs }: Compilation, value: unknown): LedgerConfig | undefined {
  const typed = z.looseObject({ type: z.string().default(defaults.ledger.type) }).prefault({});
  const written = parseSection(file, ["ledger"], value, typed);
  if (written === undefined) return undefined;
  const kind = ledgerSections.find(({ type, formerTypes }) => [type, ...formerTypes].includes(written.type));
  if (kind === undefined) file.refuse(["ledger", "type"], unknownType(written.type));
  // The other keys of an unknown type are checked, too.
  const { schema } = kind ?? localSection;
  const type = kind === undefined ? localSection.type : written.type;
  const section = parseSection(file, ["ledger"], { ...written, type }, schema);
  if (kind === undefined || section === undefined) return undefined;
  const folder = inputs.resolve(String(section.path));
  return Object.freeze<LedgerConfig>({
    type: kind.type,
    folder,
    onMissing: section.onMissing as MissingLedgerAction,
    // The kind's own schema made the section.
    open: (services) => kind.create(section as never, { ...services, inputs: { folder } }),
  });
}

function unknownType(type: string): string {
  const known = ledgerKinds.map((kind) => kind.type);
  return isUnavailableKind("type", type)
    ? `${type} is not available in this version (only ${known.join(", ")})`
    : `must be ${known.join(" or ")}`;
}
