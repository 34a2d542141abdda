// A reporter for node:test: one line a file; the CPU time of each process, with those that it started; the whole of every failure; the sums.
import { relative } from "node:path";
import { inspect } from "node:util";

/** What test-cpu.mjs writes as a process ends. */
const cpuLine = /^cpu_ms (\d+)\n/m;
const sums = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;

// biome-ignore lint/style/noDefaultExport: node:test takes a reporter's default export.
export default async function* report(events) {
  let file = newFile(undefined);
  /** What was written since the last file's line. */
  let output = "";
  let cpuMs = 0;
  /** Titles of the suites around the test that is reported next, by nesting. */
  const titles = [];
  for await (const { type, data } of events) {
    if (type === "test:stdout" || type === "test:stderr") {
      const [, ended] = cpuLine.exec(data.message) ?? [];
      output += data.message.replace(cpuLine, "");
      if (ended !== undefined) {
        cpuMs += Number(ended);
        yield lineOf(file, output);
        yield `  ${shortName(data.file)} used ${ended} ms of CPU\n`;
        file = newFile(undefined);
        output = "";
      }
    }
    if (type === "test:start") {
      titles.length = data.nesting;
      titles[data.nesting] = data.name;
    }
    if (type === "test:pass" || type === "test:fail") {
      // A suite made by a function of test/support is reported as that file's: it counts for the test file it came with.
      if (data.file !== file.path && (file.path === undefined || data.file?.endsWith(".test.ts"))) {
        yield lineOf(file, output);
        if (file.path !== undefined) output = "";
        file = newFile(data.file);
      }
      yield* note(file, type, data, titles);
    }
    if (type === "test:diagnostic" && sums.test(data.message)) {
      yield lineOf(file, output);
      file = newFile(undefined);
      yield `# ${data.message}\n`;
    }
  }
  yield `# cpu_ms ${cpuMs}\n`;
}

function* note(file, type, data, titles) {
  if (data.nesting === 0) file.ms += data.details.duration_ms;
  if (data.details.type === "suite") return;
  file.tests += 1;
  if (type === "test:pass") return;
  const { error } = data.details;
  // A suite fails with its tests, which were reported already.
  if (error?.failureType === "subtestsFailed") return;
  file.failures += 1;
  const title = [...titles.slice(0, data.nesting), data.name].join(" › ");
  yield `\nFAILED ${title}\n${inspect(error?.cause ?? error)}\n`;
}

function newFile(path) {
  return { path, tests: 0, failures: 0, ms: 0 };
}

function lineOf({ path, tests, failures, ms }, output) {
  if (path === undefined) return "";
  const counts = `${shortName(path)}: ${tests} tests, ${Math.round(ms)} ms`;
  if (failures === 0) return `✔ ${counts}\n`;
  return `✖ ${counts}, ${failures} failed\n${output}\n`;
}

/** The file of a test as it is in the source tree, whose compiled module may have been named. */
function shortName(path) {
  return relative(process.cwd(), path)
    .replace(/^var\/compiled\//, "")
    .replace(/\.js$/, ".ts");
}
