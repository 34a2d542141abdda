// Compiles src/ and test/, and runs one bench of test/bench: what is measured must not run through a loader.
import { compileAll, install, run } from "./install.mjs";

const [name, ...args] = process.argv.slice(2);
install();
run(process.execPath, ["--expose-gc", `${compileAll()}/test/bench/${name}.bench.js`, ...args]);
