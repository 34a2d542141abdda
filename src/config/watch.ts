import { hash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type { Log } from "../core/log.ts";
import { versionOfFiles } from "./inputs-digest.ts";
import type { LoadedConfig } from "./load.ts";
import { loadAside } from "./load-aside.ts";

/** The files to watch and the functions to call. */
export interface WatchOptions {
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The config in force. */
  readonly loaded: LoadedConfig;
  /** For what the config creates. Default: says nothing. */
  readonly log?: Log;
  /** Takes a config that differs from the last, or says what is wrong with it; the next load waits for it. Must not reject. */
  readonly onLoaded: (loaded: LoadedConfig) => Promise<void> | void;
  /** Between two looks at the files. */
  readonly intervalMs?: number;
}

/** A watch on a config and every file it names. */
export interface ConfigWatch {
  /** Loads anew and tells the result, changed or not; resolves once it has been taken. */
  reload(): Promise<void>;
  close(): void;
}

const defaultIntervalMs = 250;
/** A file up to this size is compared by what it holds, a larger one by identity, size and times. */
const comparedBytesMax = 65_536;
/** Waits before a config with problems is loaded again although no file has changed: what kept it from being read may have passed. */
const reloadMinMs = 1_000;
const reloadMaxMs = 60_000;

/**
 * Loads a config anew when one of its files changes. The files are looked at by name again and again instead of being told by the kernel:
 * that sees replaced files, swapped links (as Kubernetes updates a ConfigMap) and network folders alike, and what they hold, also where a
 * file system's times are coarse. A change counts once two looks in a row have seen the same, so that a file is not read half written.
 */
export function watchConfig(options: WatchOptions): ConfigWatch {
  return new PollingWatch(options);
}

class PollingWatch implements ConfigWatch {
  readonly #options: WatchOptions;
  readonly #intervalMs: number;
  #files: readonly string[];
  #version: string | undefined;
  /** The state of the files when they were last loaded. Undefined until the first look. */
  #loadedLook: string | undefined;
  #lastLook: string | undefined;
  /** Of a config with problems: which they were, and when to look whether they have passed. */
  #bad: { readonly told: string; readonly againAtMs: number; readonly waitMs: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? defaultIntervalMs;
    this.#files = options.loaded.files;
    this.#version = versionOf(options.loaded);
    this.#schedule();
  }

  reload(): Promise<void> {
    return this.#inTurn(() => this.#load(true));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      void this.#inTurn(() => this.#poll()).finally(() => this.#schedule());
    }, this.#intervalMs).unref();
  }

  /** One after the other, so that no load overtakes another. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    // Whatever one load ends with, the next one follows.
    this.#turn = this.#turn.then(() => (this.#closed ? undefined : work())).catch(() => {});
    return this.#turn;
  }

  async #poll(): Promise<void> {
    const look = await lookAt(this.#files);
    const settled = look === this.#lastLook;
    this.#lastLook = look;
    const again = this.#bad !== undefined && performance.now() >= this.#bad.againAtMs;
    if (!settled || (look === this.#loadedLook && !again)) return;
    if (this.#loadedLook === undefined && (await this.#isInForce())) this.#loadedLook = look;
    else await this.#load(false);
  }

  /** True if the files still match the config in force: a start loads only once. */
  async #isInForce(): Promise<boolean> {
    return this.#version !== undefined && this.#version === (await versionOfFiles(this.#files));
  }

  async #load(always: boolean): Promise<void> {
    const { path, env, log, onLoaded } = this.#options;
    const before = await lookAt(this.#files);
    const loaded = await loadAside(path, env, this.#files, log).catch((error) =>
      failed(path, this.#files, error),
    );
    const known = this.#files;
    this.#files = loaded.files;
    // A change while loading leaves a look that differs from the next one, and so is loaded too.
    this.#loadedLook = sameFiles(known, loaded.files) ? before : await lookAt(loaded.files);
    this.#lastLook = this.#loadedLook;
    const changed =
      loaded.kind === "snapshot" ? this.#isNew(loaded.snapshot.version) : this.#isNewlyBad(loaded);
    if (always || changed) await onLoaded(loaded);
  }

  #isNew(version: string): boolean {
    const wasBad = this.#bad !== undefined;
    this.#bad = undefined;
    const isNew = version !== this.#version;
    this.#version = version;
    // A return to the config in force is reported too, so that nobody waits for a fix.
    return isNew || wasBad;
  }

  #isNewlyBad({ problems }: Extract<LoadedConfig, { kind: "problems" }>): boolean {
    const told = JSON.stringify(problems);
    const isNew = told !== this.#bad?.told;
    const waitMs =
      isNew || this.#bad === undefined ? reloadMinMs : Math.min(reloadMaxMs, 2 * this.#bad.waitMs);
    this.#bad = { told, waitMs, againAtMs: performance.now() + waitMs };
    return isNew;
  }
}

/** A text that differs for different states of the files. */
async function lookAt(files: readonly string[]): Promise<string> {
  const looks = await Promise.all(files.map((file) => lookAtFile(file).catch(() => "missing")));
  return looks.join("|");
}

async function lookAtFile(file: string): Promise<string> {
  const looked = await stat(file, { bigint: true });
  const { dev, ino, size, mtimeNs, ctimeNs } = looked;
  const identity = `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  return size > comparedBytesMax || !looked.isFile()
    ? identity
    : `${identity}:${hash("sha256", await readFile(file), "hex")}`;
}

/** A load that threw: that is a bug, and no reason to follow the files no more. */
function failed(file: string, files: readonly string[], error: unknown): LoadedConfig {
  const message = `could not be loaded: ${error instanceof Error ? error.name : "unknown error"}`;
  return { kind: "problems", files, problems: [{ file, path: "", line: 1, column: 1, message }] };
}

function versionOf(loaded: LoadedConfig): string | undefined {
  return loaded.kind === "snapshot" ? loaded.snapshot.version : undefined;
}

function sameFiles(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((file, index) => file === b[index]);
}
