import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { AccountIndex } from "../../../src/ledger/account-index.ts";
import { AccountColumns } from "../../../src/ledger/counter.ts";

function start() {
  const columns = new AccountColumns();
  return { columns, index: new AccountIndex(columns.hash, columns.rule) };
}

describe("AccountIndex", () => {
  it("finds what a Map would, whatever comes and goes", () => {
    const steps = fc.array(fc.record({ rule: fc.nat(2), key: fc.nat(60), add: fc.boolean() }), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(steps, (list) => {
        const { columns, index } = start();
        const model = new Map<string, number>();
        const free: number[] = [];
        let rows = 0;
        for (const { rule, key: number, add } of list) {
          const key = `user_id=ü${number}`;
          const row = model.get(`${rule} ${key}`);
          assert.equal(index.find(rule, key), row);
          if (add && row === undefined) {
            const next = free.pop() ?? rows++;
            columns.reach(next);
            index.add(next, rule, key);
            model.set(`${rule} ${key}`, next);
            assert.equal(index.keyAt(next), key);
          } else if (!add && row !== undefined) {
            index.remove(row);
            columns.clear(row);
            free.push(row);
            model.delete(`${rule} ${key}`);
          }
          assert.equal(index.size, model.size);
        }
        for (const [name, row] of model) {
          const [rule = "", key = ""] = name.split(" ");
          assert.equal(index.find(Number(rule), key), row);
        }
      }),
    );
  });

  it("grows with what is in it, and finds all of it", () => {
    const { columns, index } = start();
    for (let row = 0; row < 20_000; row++) {
      columns.reach(row);
      index.add(row, row % 3, `tenant_id=acme-${Math.floor(row / 3)}`);
    }
    for (let row = 0; row < 20_000; row++)
      assert.equal(index.find(row % 3, `tenant_id=acme-${Math.floor(row / 3)}`), row);
    for (let row = 0; row < 20_000; row += 2) index.remove(row);
    for (let row = 0; row < 20_000; row++)
      assert.equal(
        index.find(row % 3, `tenant_id=acme-${Math.floor(row / 3)}`),
        row % 2 === 0 ? undefined : row,
      );
  });
});
