import { readdirSync } from "node:fs";
import { build, install, root, run } from "./install.mjs";

install();
build();
const named = process.argv.slice(2);
const files = named.length > 0 ? named : testFiles("test");
console.log(`running ${files.length} test files …`);
run(process.execPath, ["--import", "tsx", "--test", "--test-timeout=300000", ...files], { NODE_ENV: "test" });

function testFiles(folder) {
  return readdirSync(`${root}${folder}`, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? testFiles(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
    )
    .filter((file) => file.endsWith(".test.ts"))
    .sort();
}
