import { copyFileSync, mkdirSync } from "node:fs";
import { build, compileAll, install, installEnvoy, root, run } from "./install.mjs";

// Runs real coding agents through the gateway. They are installed into .tollgate/agents, apart from the project's own packages, by a lockfile of theirs.
const folder = `${root}.tollgate/agents`;
install();
build();
const compiled = compileAll();
const envoy = await installEnvoy();
mkdirSync(folder, { recursive: true });
for (const file of ["package.json", "package-lock.json"])
  copyFileSync(`${root}test/agents/packages/${file}`, `${folder}/${file}`);
console.log("installing Claude Code and Codex CLI (650 MB) …");
run("npm", ["ci", "--prefix", folder, "--no-audit", "--no-fund", "--loglevel=error"]);
// Links the binary that npm has just unpacked; npm may be told to run no install scripts.
run(process.execPath, [`${folder}/node_modules/@anthropic-ai/claude-code/install.cjs`]);
console.log(`running them with ${envoy}`);
run(
  process.execPath,
  [
    ...["--enable-source-maps", "--test", "--test-reporter=spec"],
    `${compiled}/test/agents/coding-agents.agents.js`,
  ],
  { NODE_ENV: "test" },
);
