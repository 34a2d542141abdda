import { dirname, isAbsolute, join, resolve } from "node:path";
import type { z } from "zod";
import type { Log } from "../core/log.ts";
import type { InputFile } from "../identity/identity-kind.ts";
import { InputsDigest } from "./inputs-digest.ts";
import { parseSection } from "./parse-section.ts";
import type { Problem } from "./problem.ts";
import { type FileText, type ReadFile, readFile, textOf } from "./read-file.ts";
import type { References, SecretsNeeded } from "./references.ts";
import { YamlFile } from "./yaml-file.ts";

/** Everything that a config without problems was made of, as plain data: one process can read and check it, and another use it. */
export interface ConfigMaterial {
  /** Every file that was asked for, by absolute path. */
  readonly reads: ReadonlyMap<string, ReadFile>;
  /** The checked contents of the files that the config names, in the order they were asked for. */
  readonly values: readonly CheckedFile[];
}

interface CheckedFile {
  /** Absolute. */
  readonly path: string;
  readonly value: unknown;
}

/** Options for reading a config's inputs. */
export interface InputOptions {
  /** Inputs that another process has read and checked already. */
  readonly material?: ConfigMaterial | undefined;
  /** Default: all. */
  readonly needed?: SecretsNeeded;
  /** For what the config creates. Default: says nothing. */
  readonly log?: Log;
}

/** The files that one config is made of, as they are read: their problems, their names (for watching) and their digest (the version). */
export class ConfigInputs {
  readonly #folder: string;
  readonly #shownFolder: string;
  readonly #env: References["env"];
  readonly #needed: SecretsNeeded;
  readonly #material: ConfigMaterial | undefined;
  readonly #reads = new Map<string, ReadFile>();
  readonly #values: CheckedFile[] = [];
  readonly #files: YamlFile[] = [];
  readonly #problems: Problem[] = [];
  readonly #digest = new InputsDigest();

  /** `configPath` is the config's own; paths in it are relative to its folder. With `material` nothing is read from the disk that is in it. */
  constructor(
    configPath: string,
    env: References["env"],
    {
      material,
      needed = "all",
    }: { readonly material?: ConfigMaterial | undefined; readonly needed?: SecretsNeeded } = {},
  ) {
    this.#shownFolder = dirname(configPath);
    this.#folder = resolve(this.#shownFolder);
    this.#env = env;
    this.#needed = needed;
    this.#material = material;
  }

  /** Absolute paths of every file asked for, also of those that are missing. */
  get paths(): readonly string[] {
    return [...this.#reads.keys()];
  }

  /** Everything that has been read and checked so far. */
  get material(): ConfigMaterial {
    return { reads: this.#reads, values: this.#values };
  }

  get problems(): readonly Problem[] {
    return [...this.#problems, ...this.#files.flatMap((file) => file.problems)];
  }

  /** Warnings about entries that may not do what their author meant, in the files' order. */
  get warnings(): readonly Problem[] {
    return this.#files.flatMap((file) => file.warnings);
  }

  /** Secrets that are not there and were not needed, each with its place. */
  get absentSecrets(): readonly string[] {
    return this.#files.flatMap((file) => file.absentSecrets);
  }

  /** See {@link InputsDigest}. */
  get version(): string {
    return this.#digest.version;
  }

  /** A path of the config as an absolute one. */
  resolve(path: string): string {
    return resolve(this.#folder, path);
  }

  /** A path of the config as a person would name it from where they stand. */
  show(path: string): string {
    return isAbsolute(path) ? path : join(this.#shownFolder, path);
  }

  note(problem: Problem): void {
    this.#problems.push(problem);
  }

  /** A file's text, or why there is none. */
  readText(path: string): FileText {
    const read = this.#read(this.resolve(path));
    const text = read.kind === "bytes" ? textOf(read.bytes) : read;
    return "text" in text ? text : { problem: `${this.show(path)} ${text.problem}` };
  }

  /** Takes a text that was read as YAML; its problems count from now on. */
  addYaml(path: string, text: string): YamlFile {
    const file = new YamlFile(this.show(path), text, {
      env: this.#env,
      folder: this.#folder,
      readFile: (secret) => this.#read(secret),
      needed: this.#needed,
    });
    this.#files.push(file);
    return file;
  }

  /** Reads and checks a whole YAML file that another file names; the problem of one that cannot be read is the naming file's. */
  readYaml<T>(
    path: string,
    schema: z.ZodType<T>,
    refuse: (message: string) => void,
  ): InputFile<T> | undefined {
    const read = this.readText(path);
    if ("problem" in read) {
      refuse(read.problem);
      return undefined;
    }
    let file: YamlFile | undefined;
    const fileOf = (): YamlFile => {
      file ??= this.addYaml(path, read.text);
      return file;
    };
    const value = this.checked(path, () => {
      const yaml = fileOf();
      return yaml.readable ? parseSection(yaml, [], yaml.value, schema) : undefined;
    });
    if (value === undefined) return undefined;
    return { value, refuse: (at, message, part) => fileOf().refuse(at, message, part) };
  }

  /** The contents of a named file: from the material, else from `check`. They must be plain data. */
  checked<T>(name: string, check: () => T): T {
    const path = this.resolve(name);
    const ready = this.#material?.values[this.#values.length];
    // Compiling asks in the same order every time, so this is what the same `check` made in the other process.
    const value = ready?.path === path ? (ready.value as T) : check();
    this.#values.push({ path, value });
    return value;
  }

  #read(absolute: string): ReadFile {
    const known = this.#reads.get(absolute);
    if (known !== undefined) return known;
    const read = this.#material?.reads.get(absolute) ?? readFile(absolute);
    this.#reads.set(absolute, read);
    if (read.kind === "bytes") this.#digest.add(read.bytes);
    return read;
  }
}
