import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { packageRoot } from "../../src/core/asset.ts";

const page = readFileSync(join(packageRoot, "ARCHITECTURE.md"), "utf8");
const hopsMax = 25;

describe("ARCHITECTURE.md", () => {
  const hops = [...page.matchAll(/`([\w/-]+\.ts): (\w+)`/g)].map(([, file = "", name = ""]) => ({
    file,
    name,
  }));

  it("names functions that are where it says", () => {
    assert.ok(hops.length > 20);
    assert.deepEqual(
      hops.filter(({ file, name }) => !defines(join(packageRoot, "src", file), name)),
      [],
    );
  });

  it("leads from the socket to the record in at most 25 hops", () => {
    const numbers = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number));
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    );
    assert.ok(numbers.length <= hopsMax, `${numbers.length} hops`);
  });

  it("names every room, and no other", () => {
    const table = page.slice(page.indexOf("| room |"), page.indexOf("## The life"));
    const named = [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, names = ""]) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
    );
    const rooms = readdirSync(join(packageRoot, "src"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    assert.deepEqual(named.sort(), rooms.sort());
  });

  it("has the order of rooms that the README has", () => {
    const order = /`core ← .* cli`/;
    assert.equal(
      order.exec(page)?.[0],
      order.exec(readFileSync(join(packageRoot, "README.md"), "utf8"))?.[0],
    );
  });

  it("names files and folders that exist", () => {
    const paths = [...page.matchAll(/`((?:src|test)\/[\w/.-]+)`/g)].map(([, path = ""]) => path);
    assert.ok(paths.length > 10);
    assert.deepEqual(
      paths.filter((path) => !path.includes("NAME") && !existsSync(join(packageRoot, path))),
      [],
    );
    const folders = paths.filter((path) => path.includes("NAME")).map((path) => path.split("/NAME")[0] ?? "");
    assert.deepEqual(
      folders.filter((path) => !existsSync(join(packageRoot, path))),
      [],
    );
  });
});

/** Whether a file declares a function, class or method of this name. */
function defines(file: string, name: string): boolean {
  if (!existsSync(file)) return false;
  const declaration = new RegExp(
    `^export (?:async )?function\\*? ${name}\\b|^export class ${name}\\b|^ {2}(?:async )?${name}\\(`,
    "m",
  );
  return declaration.test(readFileSync(file, "utf8"));
}
