// Lists the licence of every package that Tollgate ships with, from the lockfile; fails on one that is not known to be permissive.
import { readFileSync } from "node:fs";

const permissive = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "ISC",
  "MIT",
  "Unlicense",
]);
const { packages } = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== "" && dev !== true);
const rows = shipped.map(([path, { version, license = "none stated" }]) => ({
  name: path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
  version,
  license,
}));
for (const { name, version, license } of rows) console.log(`${license}\t${name} ${version}`);
const refused = rows.filter(
  ({ license }) =>
    !license
      .replace(/[()]/g, "")
      .split(/ AND | OR /)
      .every((one) => permissive.has(one)),
);
if (refused.length > 0) {
  console.error(
    `not known to be permissive: ${refused.map(({ name, license }) => `${name} (${license})`).join(", ")}`,
  );
  process.exit(1);
}
