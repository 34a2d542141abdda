/** Where in a file's data something is: keys and list positions from the root. */
export type Path = readonly (string | number)[];

/** One thing wrong with a config file or a file it names, and what to do about it. */
export interface Problem {
  /** As it was named: relative to where Tollgate was started, or absolute. */
  readonly file: string;
  /** E.g. `models.fast.targets[0]`; empty for the file as a whole. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  readonly message: string;
  /** The config itself cannot be read, so nothing else is known about it. */
  readonly kind?: "unreadable";
}

/** One line: `file:line:column path: message`. */
export function formatProblem({ file, path, line, column, message }: Problem): string {
  return `${file}:${line}:${column} ${path === "" ? "" : `${path}: `}${message}`;
}

/** A path as a person writes it: `backends.openai.apiKey`, `models["openai/*"].targets[0]`. */
export function formatPath(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[\w-]+$/.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** By file, then as a reader meets them. */
export function compareProblems(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column || (a.message < b.message ? -1 : 1);
}
