#!/usr/bin/env node
import { createProgram } from "./cli/program.ts";
import { CommandFailure } from "./cli/terminal.ts";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // A second signal does not wait for running streams.
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  });
}

const program = createProgram({
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  env: process.env,
  cwd: process.cwd(),
  stop: stop.signal,
});

try {
  await program.parseAsync(process.argv);
} catch (error) {
  const known = error instanceof CommandFailure;
  process.stderr.write(`tollgate: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = known ? error.exitCode : 1;
}
