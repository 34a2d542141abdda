import { install, root, run } from "./install.mjs";

install();
run(process.execPath, [`${root}node_modules/@biomejs/biome/bin/biome`, "ci", "."]);
run(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", "tsconfig.json"]);
