import { runCli } from "../../../src/cli/run.ts";

/** What one command line did. */
export interface CliResult {
  readonly code: number;
  /** Lines of standard output, joined. */
  readonly out: string;
  readonly err: string;
}

/** Where a command line is run. */
export interface CliPlace {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Pieces of standard input. */
  readonly input?: readonly (string | Uint8Array)[];
}

/** Runs a command line in this process, with a terminal of its own. */
export async function runLine(args: readonly string[], place: CliPlace): Promise<CliResult> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli(args, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    input: piecesOf(place.input ?? []),
    env: { ...place.env },
    cwd: place.cwd,
    stop: new AbortController().signal,
    onHangup: () => () => {},
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

async function* piecesOf(pieces: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield typeof piece === "string" ? Buffer.from(piece) : piece;
}
