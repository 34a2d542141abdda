import { build, compileAll, install, installEnvoy, run } from "./install.mjs";

// Compiles src/ and test/, and runs one soak of test/soak: no loader would start the gateway's worker threads. Further arguments go to Node's
// test runner, e.g. --test-name-pattern='by a reset'.
const [name, ...args] = process.argv.slice(2);
install();
build();
const compiled = compileAll();
console.log(`running the soak ${name} with ${await installEnvoy()}`);
run(
  process.execPath,
  [
    ...["--enable-source-maps", "--test", "--test-reporter=spec", ...args],
    `${compiled}/test/soak/${name}.soak.js`,
  ],
  { NODE_ENV: "test" },
);
