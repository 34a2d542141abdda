import { formatProblem, type Problem } from "../config/problem.ts";
import type { Log } from "../core/log.ts";

/** Logs the warnings about a config that `tollgate check` shows. */
export function warnOfConfig(warnings: readonly Problem[], log: Log): void {
  for (const warning of warnings) log.warn({}, formatProblem(warning));
}
