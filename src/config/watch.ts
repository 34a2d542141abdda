import { stat } from "node:fs/promises";
import { versionOfFiles } from "./inputs-digest.ts";
import type { LoadedConfig } from "./load.ts";
import { loadAside } from "./load-aside.ts";

/** What is watched, and who is told. */
export interface WatchOptions {
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The config in force. */
  readonly loaded: LoadedConfig;
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

/**
 * Loads a config anew when one of its files changes. The files are looked at by name again and again instead of being told by the kernel:
 * that sees replaced files, swapped links (as Kubernetes updates a ConfigMap) and network folders alike. A change counts once two looks
 * in a row have seen the same, so that a file is not read half written.
 */
export function watchConfig(options: WatchOptions): ConfigWatch {
  return new PollingWatch(options);
}

class PollingWatch implements ConfigWatch {
  readonly #options: WatchOptions;
  readonly #intervalMs: number;
  #files: readonly string[];
  #version: string | undefined;
  /** What the files looked like when they were last loaded; undefined until the first look. */
  #loadedLook: string | undefined;
  #lastLook: string | undefined;
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
    this.#turn = this.#turn.then(() => (this.#closed ? undefined : work()));
    return this.#turn;
  }

  async #poll(): Promise<void> {
    const look = await lookAt(this.#files);
    const settled = look === this.#lastLook;
    this.#lastLook = look;
    if (!settled || look === this.#loadedLook) return;
    if (this.#loadedLook === undefined && (await this.#isInForce())) this.#loadedLook = look;
    else await this.#load(false);
  }

  /** Whether the files still are what the config in force was made of: a start loads once. */
  async #isInForce(): Promise<boolean> {
    return this.#version !== undefined && this.#version === (await versionOfFiles(this.#files));
  }

  async #load(always: boolean): Promise<void> {
    const { path, env, onLoaded } = this.#options;
    const before = await lookAt(this.#files);
    const loaded = await loadAside(path, env, this.#files);
    const known = this.#files;
    this.#files = loaded.files;
    // A change while loading leaves a look that differs from the next one, and so is loaded too.
    this.#loadedLook = sameFiles(known, loaded.files) ? before : await lookAt(loaded.files);
    this.#lastLook = this.#loadedLook;
    const version = versionOf(loaded);
    const changed = version === undefined || version !== this.#version;
    if (version !== undefined) this.#version = version;
    if (always || changed) await onLoaded(loaded);
  }
}

/** What tells one state of the files from another: identity, size and time of each. */
async function lookAt(files: readonly string[]): Promise<string> {
  const looks = await Promise.all(
    files.map((file) =>
      stat(file, { bigint: true }).then(
        ({ dev, ino, size, mtimeNs }) => `${dev}:${ino}:${size}:${mtimeNs}`,
        () => "missing",
      ),
    ),
  );
  return looks.join("|");
}

function versionOf(loaded: LoadedConfig): string | undefined {
  return loaded.kind === "snapshot" ? loaded.snapshot.version : undefined;
}

function sameFiles(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((file, index) => file === b[index]);
}
