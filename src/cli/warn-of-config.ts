import { formatProblem, type Problem } from "../config/problem.ts";
import type { Log } from "../core/log.ts";

/** Logs what a config allows and may not have meant, as `tollgate check` shows it. */
export function warnOfConfig(warnings: readonly Problem[], log: Log): void {
  for (const warning of warnings) log.warn({}, formatProblem(warning));
}
