import assert from "node:assert/strict";
import { describe, it } from "node:test";
import pino from "pino";
import { ledgerKinds } from "../../../src/ledger/index.ts";
import type { LedgerKind } from "../../../src/ledger/ledger-kind.ts";
import { ledgerConformance } from "../../conformance/ledger.ts";
import type { ManualClock } from "../../support/core/manual-clock.ts";
import { ledgerFolders } from "../../support/ledger/ledger-folder.ts";

/** The keys of each kind's section that have no default, by type. A new kind needs its own here. */
const sections: Readonly<Record<string, object>> = { local: {} };

describe("the kinds of ledgers", () => {
  it("each have a section to be tried with, and a name of their own", () => {
    const names = ledgerKinds.flatMap(({ type, formerTypes }) => [type, ...formerTypes]);
    assert.equal(new Set(names).size, names.length);
    assert.deepEqual(
      Object.keys(sections),
      ledgerKinds.map(({ type }) => type),
    );
  });
});

for (const kind of ledgerKinds) ledgerConformance(kind.type, (clock) => start(kind, clock));

async function start(kind: LedgerKind, clock: ManualClock) {
  const folders = ledgerFolders();
  const section = kind.schema.parse(sections[kind.type]);
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
