import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { EnvoyAdmin } from "./envoy-admin.ts";
import { envoyVersion } from "./envoy-binary.ts";

/** The oldest Envoy that the configuration is proved against. 1.37.0 refuses its routes. */
export const envoyVersionMin = envoyVersion;

const versionTimeoutMs = 10_000;
/** How often an Envoy that is not there yet is asked. */
const askIntervalMs = 5_000;

/** What is wrong with an Envoy of this version, e.g. `1.37.0`; undefined: nothing, or nobody can tell. `where` names the Envoy. */
export function versionProblem(version: string, where: string): string | undefined {
  const found = numbersOf(version);
  const oldest = numbersOf(envoyVersionMin);
  if (found === undefined || oldest === undefined) return undefined;
  const at = found.findIndex((number, index) => number !== oldest[index]);
  if (at === -1 || (found[at] ?? 0) > (oldest[at] ?? 0)) return undefined;
  return `Envoy ${version} (${where}) is too old: Tollgate's configuration needs ${envoyVersionMin} or later`;
}

/** Asks a binary for its version; undefined for one that does not say. */
export async function versionOfBinary(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ["--version"], { timeout: versionTimeoutMs });
    return /\/(\d+\.\d+\.\d+[^/]*)\//.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

/** What is wrong with a binary's version; undefined: nothing, or it does not say. `where`: how it was found. */
export async function binaryProblem(path: string, where: string): Promise<string | undefined> {
  const version = await versionOfBinary(path);
  return version === undefined ? undefined : versionProblem(version, where);
}

/** Asks a running Envoy for its version, until it says, and tells what is wrong with it. The function returned ends that. */
export function watchVersion(
  admin: Pick<EnvoyAdmin, "version">,
  where: string,
  warn: (problem: string) => void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const ask = async (): Promise<void> => {
    const version = await admin.version().catch(() => undefined);
    if (isOver) return;
    if (version === undefined) {
      timer = setTimeout(() => void ask(), askIntervalMs);
      timer.unref();
      return;
    }
    const problem = versionProblem(version, where);
    if (problem !== undefined) warn(problem);
  };
  void ask();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

function numbersOf(version: string): readonly number[] | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)/.exec(version);
  return match?.slice(1).map(Number);
}
