import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { past, StreamTable } from "../../../../src/edge/http2/stream-table.ts";

describe("StreamTable", () => {
  it("remembers how streams ended and which numbers were passed over", () => {
    const table = new StreamTable();
    for (const id of [1, 3, 9]) table.use(id);
    table.close(1, past.closed);
    table.close(3, past.left);
    table.close(9, past.closed);
    assert.deepEqual(
      [1, 3, 5, 7, 9].map((id) => table.pastOf(id)),
      [past.closed, past.left, past.unknown, past.unknown, past.closed],
    );
  });

  it("takes what is too old to be remembered for left, and does not let it disturb the new", () => {
    const table = new StreamTable();
    table.use(1);
    for (let id = 3; id < 20_000; id += 2) {
      table.use(id);
      table.close(id, past.closed);
    }
    assert.equal(table.pastOf(3), past.left);
    table.close(1, past.left);
    assert.equal(table.pastOf(19_999), past.closed);
    assert.equal(table.pastOf(19_999 - 8_190), past.closed);
  });
});
