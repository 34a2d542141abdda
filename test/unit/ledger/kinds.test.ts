import assert from "node:assert/strict";
import { describe, it } from "node:test";
import pino from "pino";
import { ledgerKinds } from "../../../src/ledger/index.ts";
import type { LedgerKind } from "../../../src/ledger/ledger-kind.ts";
import { ledgerConformance } from "../../conformance/ledger.ts";
import type { ManualClock } from "../../support/core/manual-clock.ts";
import { ledgerFolders } from "../../support/ledger/ledger-folder.ts";

/** The keys of a kind's section that have no default, by type. A kind whose keys all have one needs no entry. */
const sections: Readonly<Record<string, object>> = {};

describe("the kinds of ledgers", () => {
  it("each have a name of their own", () => {
    const names = ledgerKinds.flatMap(({ type, formerTypes }) => [type, ...formerTypes]);
    assert.equal(new Set(names).size, names.length);
  });
});

for (const kind of ledgerKinds) ledgerConformance(kind.type, (clock) => start(kind, clock));

async function start(kind: LedgerKind, clock: ManualClock) {
  const folders = ledgerFolders();
  const section = kind.schema.parse(sections[kind.type] ?? {});
  const ledger = await kind.create(section as never, {
    inputs: { folder: await folders.make() },
    clock,
    log: pino({ level: "silent" }),
    onEvent: () => {},
  });
  return {
    ledger,
    close: async () => {
      await ledger.close();
      await folders.remove();
    },
  };
}
