import pino from "pino";
import { LogOutput } from "./log-output.ts";

/** One line a problem, none per request; never a secret, a prompt or an answer. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Takes lines and keeps none: for commands that answer on standard output alone. */
export const silentLog: Log = Object.freeze({ info() {}, warn() {}, error() {} });

/** Lines of JSON on standard error, so that standard output stays a command's own. */
export function createLog(level: string): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, new LogOutput(2));
}
