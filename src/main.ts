#!/usr/bin/env node
import type { Terminal } from "./cli/terminal.ts";

/** Commands that run until they are stopped, and take a SIGHUP as a request to load the config again. */
const servingCommands = ["up", "serve"];
const args = process.argv.slice(2);

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // A second signal does not wait for running streams.
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  });
}

// Before anything else is loaded: without a handler a SIGHUP ends the process at once, and leaves its Envoy behind.
const hangups = { pending: false, listener: undefined as (() => void) | undefined };
process.on("SIGHUP", () => {
  // By exit(), not by the signal: what was started is ended then, too.
  if (!servingCommands.includes(args[0] ?? "")) process.exit(129);
  if (hangups.listener === undefined) hangups.pending = true;
  else hangups.listener();
});

// Whoever reads our output may leave first (`tollgate usage | head`, a log collector that restarts): the rest is said to nobody.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
  });
}

const terminal: Terminal = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  input: process.stdin,
  env: process.env,
  cwd: process.cwd(),
  stop: stop.signal,
  onHangup(listener) {
    hangups.listener = listener;
    if (hangups.pending) listener();
    hangups.pending = false;
    return () => {
      hangups.listener = undefined;
    };
  },
};

const { runCli } = await import("./cli/run.ts");
process.exitCode = await runCli(args, terminal);
