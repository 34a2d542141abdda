import { build, install, root, run } from "./install.mjs";

install();
build();
run(process.execPath, [`${root}dist/main.js`, "demo"]);
