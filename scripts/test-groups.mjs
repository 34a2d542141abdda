import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** Hooks of a whole process: a file with one of them cannot share its process. */
const processHook = /^(before|beforeEach|afterEach)\(/m;
/** Fewer processes load fewer modules; more of them keep both cores busy to the end. */
const filesMax = 12;

/**
 * The modules that Node's test runner is given for all test files: unit tests of one folder share a process, since loading the gateway
 * takes longer than most of them; every other file has a process of its own.
 */
export function groupTests(files, compiled) {
  const folder = `${compiled}/test/groups`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const alone = [];
  const groups = new Map();
  for (const file of files) {
    const module = moduleOf(file);
    const name = groupOf(file, readFileSync(`${compiled}/${module}`, "utf8"));
    if (name === undefined) alone.push(`${compiled}/${module}`);
    else groups.set(name, [...(groups.get(name) ?? []), module]);
  }
  const grouped = [...groups].flatMap(([name, modules]) =>
    chunks(modules).map((chunk, index) => {
      const path = `${folder}/${name}-${index + 1}.js`;
      writeFileSync(path, chunk.map((module) => `import "../../${module}";\n`).join(""));
      return path;
    }),
  );
  return [...alone, ...grouped];
}

/** The compiled module of a test file. */
export function moduleOf(file) {
  return file.replace(/\.ts$/, ".js");
}

/** `unit-config` for `test/unit/config/load.test.ts`; undefined for a file that is to run alone. */
function groupOf(file, code) {
  const [, kind, room, name] = file.split("/");
  if (kind !== "unit" || processHook.test(code)) return undefined;
  return name === undefined ? "unit" : `unit-${room}`;
}

function chunks(modules) {
  const count = Math.ceil(modules.length / filesMax);
  return Array.from({ length: count }, (_, index) => modules.filter((_, at) => at % count === index));
}
