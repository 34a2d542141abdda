// Plain JavaScript without dependencies: this runs before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** Installs the npm packages of the lockfile, unless exactly these are there already. Exits with a plain message when that cannot be done. */
export function install() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    stop(`Node ${process.versions.node} is too old: Tollgate needs 20.19 or later.`);
  if (lstatSync(`${root}node_modules`, { throwIfNoEntry: false })?.isSymbolicLink())
    stop("node_modules is a link to another folder, which installing would empty: remove the link first.");
  const stamp = `${root}node_modules/.tollgate-lock`;
  const digest = createHash("sha256")
    .update(readFileSync(`${root}package-lock.json`))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  console.log("installing npm packages from the lockfile …");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(stamp, digest);
}

/** Compiles src/ to dist/. */
export function build() {
  compile("-p", "tsconfig.build.json");
}

/** Compiles src/ and test/ into a folder beside each other; returns it. A loader would compile each test file's imports anew, and be measured with them. */
export function compileAll() {
  const folder = "var/compiled";
  compile("-p", "tsconfig.json", "--noCheck", "--noEmit", "false", "--inlineSourceMap", "--outDir", folder);
  return folder;
}

function compile(...args) {
  run(process.execPath, [`${root}node_modules/typescript/bin/tsc`, ...args]);
}

/**
 * Finds the Envoy that tests and demo run, and fetches it into .tollgate/ where there is none (after `build`, whose code it uses). Returns
 * what was found. Exits with a plain message when there can be none.
 */
export async function installEnvoy() {
  const { findEnvoy } = await import("../dist/xds/envoy-binary.js");
  try {
    const { path, source } = await findEnvoy(process.env, `${root}.tollgate`, (line) => console.log(line));
    const version = spawnSync(path, ["--version"], { encoding: "utf8" }).stdout?.match(/\d+\.\d+\.\d+/)?.[0];
    if (version === undefined)
      stop(`${path} does not run: \`envoy --version\` says nothing that can be read.`);
    return `Envoy ${version} (${source === "installed" ? path.slice(root.length) : `${path}, by ${source}`})`;
  } catch (error) {
    return stop(`${error.message}${error.cause ? `\n${error.cause.stderr ?? error.cause.message}` : ""}`);
  }
}

/** Runs one command in the project root; a failure ends this process with the command's exit code. */
export function run(command, args, env = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
  if (result.error?.code === "ENOENT") stop(`${command} is missing: install it, or put it on PATH.`);
  if (result.error) stop(`cannot run ${command}: ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function stop(message) {
  console.error(message);
  process.exit(1);
}
