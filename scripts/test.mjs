import { readdirSync } from "node:fs";
import { build, compileAll, install, installEnvoy, root, run } from "./install.mjs";
import { groupTests, moduleOf } from "./test-groups.mjs";

install();
build();
const compiled = compileAll();
const envoy = await installEnvoy();
const named = process.argv.slice(2);
const files = named.length > 0 ? named : testFiles("test");
console.log(
  `running ${files.length} test files with Node ${process.versions.node} and ${envoy}: ${foldersOf(files)}`,
);
run(
  process.execPath,
  [
    ...["--enable-source-maps", "--test", "--test-concurrency=3", "--test-timeout=300000"],
    `--import=${new URL("test-cpu.mjs", import.meta.url)}`,
    `--test-reporter=${new URL("test-reporter.mjs", import.meta.url)}`,
    "--test-reporter-destination=stdout",
    // A file that is asked for by name has a process of its own: nothing else is in its figures.
    ...(named.length > 0
      ? files.map((file) => `${compiled}/${moduleOf(file)}`)
      : groupTests(files, `${root}${compiled}`)),
  ],
  { NODE_ENV: "test" },
);

function testFiles(folder) {
  return readdirSync(`${root}${folder}`, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? testFiles(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
    )
    .filter((file) => file.endsWith(".test.ts"))
    .sort();
}

/** How many files each kind of test has, e.g. `unit 80, e2e 13`. */
function foldersOf(paths) {
  const counts = new Map();
  for (const path of paths) {
    const kind =
      path
        .split("/")
        .at(1)
        ?.replace(/\.test\.ts$/, "") ?? path;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${kind} ${count}`).join(", ");
}
