import { CommanderError } from "commander";
import { createProgram } from "./program.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** Runs one command line (without the program's name). Resolves with the exit code: 0 done, 1 a problem, 2 not understood. Never rejects. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<0 | 1 | 2> {
  try {
    await createProgram(terminal).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    // The parser has said already what is wrong with the command line.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    terminal.err(`tollgate: ${reasonOf(error)}`);
    return error instanceof CommandFailure ? error.exitCode : 1;
  }
}

/** An error's message, and below it what it was caused by. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}\n${reasonOf(error.cause)}` : error.message;
}
