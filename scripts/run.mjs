// Compiles src/ and test/, and runs one module of test, named as `test/fuzz/run`; further arguments go to it.
import { compileAll, install, run } from "./install.mjs";

const [name, ...args] = process.argv.slice(2);
install();
run(process.execPath, [`${compileAll()}/${name}.js`, ...args]);
