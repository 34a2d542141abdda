import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** One thing looked at. */
export interface Check {
  readonly what: string;
  readonly ok: boolean;
  /** The result in a few words. */
  readonly told: string;
}

/** What a foreign client found. */
export interface Findings {
  readonly version: string;
  readonly checks: readonly Check[];
}

/** A foreign client: gets itself into `folder` if it can, and talks to the edge. Rejects with {@link Missing} when it is not to be had. */
export type Tool = (folder: string, host: string, port: number) => Promise<Findings>;

/** A tool is not here, and what would bring it. */
export class Missing extends Error {}

/** What a program said, and how it ended. */
export interface Output {
  readonly text: string;
  readonly ok: boolean;
}

/** Runs a program to its end; rejects with {@link Missing} when there is none of that name. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly hint?: string } = {},
): Promise<Output> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      timeout: 600_000,
      maxBuffer: 64 << 20,
    });
    return { text: stdout + stderr, ok: true };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (code === "ENOENT") throw new Missing(options.hint ?? `${command} is not on PATH`);
    return { text: `${stdout}${stderr}`, ok: false };
  }
}

/** Runs `go`; rejects with {@link Missing} when there is none, or it does not succeed. */
export async function go(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<string> {
  const { text, ok } = await run("go", args, { ...options, hint: "install Go (https://go.dev/dl/)" });
  if (!ok) throw new Missing(`go ${args.join(" ")}: ${text.trim().split("\n").at(-1)}`);
  return text;
}
