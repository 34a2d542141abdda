/** The parts of its process that a command may use. */
export interface Terminal {
  /** A line on standard output: results. */
  out(line: string): void;
  /** A line on standard error: progress and problems. */
  err(line: string): void;
  /** Standard input. */
  readonly input: AsyncIterable<Uint8Array>;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly stop: AbortSignal;
  /** Calls `listener` at each SIGHUP until the function it returns is called, and at once for one that came before. */
  onHangup(listener: () => void): () => void;
}

/** Ends a command with this message on standard error and this exit code. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  /** 1: the command found a problem. 2: the command line could not be understood. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Resolves when the terminal asks to stop. */
export function stopped(terminal: Terminal): Promise<void> {
  if (terminal.stop.aborted) return Promise.resolve();
  return new Promise((resolve) => terminal.stop.addEventListener("abort", () => resolve(), { once: true }));
}
