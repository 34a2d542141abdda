// A reporter for node:test: one line a file, with its time and its processes' CPU time; the whole of every failure; and the sums at the end.
import { relative } from "node:path";
import { inspect } from "node:util";

/** What test-cpu.mjs writes. */
const cpuLine = /^cpu_ms (\d+)\n/m;
const sums = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;

// biome-ignore lint/style/noDefaultExport: node:test takes a reporter's default export.
export default async function* report(events) {
  let file = newFile(undefined);
  /** What each file wrote, kept until it is known whether it fails. */
  const outputs = new Map();
  let cpuMs = 0;
  /** Titles of the suites around the test that is reported next, by nesting. */
  const titles = [];
  for await (const { type, data } of events) {
    if (type === "test:stdout" || type === "test:stderr") {
      const source = sourceOf(data.file);
      outputs.set(source, (outputs.get(source) ?? "") + data.message);
    }
    if (type === "test:stdout") cpuMs += Number(cpuLine.exec(data.message)?.[1] ?? 0);
    if (type === "test:start") {
      titles.length = data.nesting;
      titles[data.nesting] = data.name;
    }
    if (type === "test:pass" || type === "test:fail") {
      // A suite made by a function of test/support is reported as that file's: it counts for the test file it came with.
      if (data.file !== file.path && (file.path === undefined || data.file?.endsWith(".test.ts"))) {
        yield lineOf(file, outputs);
        file = newFile(data.file);
      }
      yield* note(file, type, data, titles);
    }
    if (type === "test:diagnostic" && sums.test(data.message)) {
      yield lineOf(file, outputs);
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

/** Output is told as the compiled file's, tests as those of its source. */
function sourceOf(compiledPath) {
  return compiledPath.replace("/var/compiled/", "/").replace(/\.js$/, ".ts");
}

function newFile(path) {
  return { path, tests: 0, failures: 0, ms: 0 };
}

function lineOf({ path, tests, failures, ms }, outputs) {
  if (path === undefined) return "";
  const output = outputs.get(path) ?? "";
  const cpuMs = cpuLine.exec(output)?.[1] ?? "?";
  const counts = `${relative(process.cwd(), path)}: ${tests} tests, ${Math.round(ms)} ms, CPU ${cpuMs} ms`;
  if (failures === 0) return `✔ ${counts}\n`;
  return `✖ ${counts}, ${failures} failed\n${output.replace(cpuLine, "")}\n`;
}
