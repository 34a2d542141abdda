import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LogOutput } from "../../../src/core/log-output.ts";
import { until } from "../../support/core/until.ts";

/** A reader of a pipe: takes what it is told to. */
class Reader {
  taken = "";
  bytesAtOnce = Number.POSITIVE_INFINITY;
  state: "reads" | "waits" | "gone" = "reads";

  readonly write = (_fd: number, bytes: Buffer): number => {
    if (this.state === "gone") throw Object.assign(new Error("gone"), { code: "EPIPE" });
    if (this.state === "waits") throw Object.assign(new Error("full"), { code: "EAGAIN" });
    const part = bytes.subarray(0, this.bytesAtOnce);
    this.taken += part.toString();
    return part.length;
  };
}

describe("LogOutput", () => {
  it("writes whole lines in their order to a reader that takes parts of them", async () => {
    const reader = new Reader();
    const output = new LogOutput(2, reader.write);
    reader.bytesAtOnce = 7;
    for (const line of ["one\n", "two two two\n", "three\n"]) output.write(line);
    await until("all is written", () => reader.taken === "one\ntwo two two\nthree\n");
  });

  it("keeps what a slow reader leaves, and tells it how much was too much", async () => {
    const reader = new Reader();
    const output = new LogOutput(2, reader.write);
    reader.state = "waits";
    output.write("first\n");
    for (let count = 0; count < 20; count++) output.write(`${"x".repeat(100_000)}\n`);
    assert.equal(reader.taken, "");
    reader.state = "reads";
    await until("the count is there", () => /"dropped_lines":10,/.test(reader.taken));
    assert.ok(reader.taken.startsWith("first\n"));
  });

  it("goes on when its reader is gone", () => {
    const reader = new Reader();
    const output = new LogOutput(2, reader.write);
    reader.state = "gone";
    for (let count = 0; count < 1_000; count++) output.write(`${"x".repeat(10_000)}\n`);
    reader.state = "reads";
    output.write("back\n");
    assert.equal(reader.taken, "back\n");
  });
});
