import { createHash, type Hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { z } from "zod";
import { parseSection } from "./parse-section.ts";
import type { Problem } from "./problem.ts";
import { type References, systemCode } from "./references.ts";
import { YamlFile } from "./yaml-file.ts";

/** A bigger file is a mistake. */
const maxFileBytes = 64 * 1_048_576;

/** The files that one config is made of, as they are read: their problems, their names (for watching) and their digest (the version). */
export class ConfigInputs {
  /** Absolute paths of every file asked for, also of those that are missing. */
  readonly paths = new Set<string>();
  readonly #folder: string;
  readonly #shownFolder: string;
  readonly #env: References["env"];
  readonly #files: YamlFile[] = [];
  readonly #problems: Problem[] = [];
  readonly #hash: Hash = createHash("sha256");

  /** `configPath` is the config's own; paths in it are relative to its folder. */
  constructor(configPath: string, env: References["env"]) {
    this.#shownFolder = dirname(configPath);
    this.#folder = resolve(this.#shownFolder);
    this.#env = env;
  }

  get problems(): readonly Problem[] {
    return [...this.#problems, ...this.#files.flatMap((file) => file.problems)];
  }

  /** The first 12 hex digits of the SHA-256 of all that was read. */
  get version(): string {
    return this.#hash.copy().digest("hex").slice(0, 12);
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
  readText(path: string): { readonly text: string } | { readonly problem: string } {
    const absolute = this.resolve(path);
    this.paths.add(absolute);
    try {
      const bytes = readFileSync(absolute);
      if (bytes.length > maxFileBytes) return { problem: `is larger than ${maxFileBytes} bytes` };
      // The length keeps apart what would otherwise join the same bytes from different files.
      this.#hash.update(`${bytes.length}\n`).update(bytes);
      return { text: bytes.toString("utf8") };
    } catch (error) {
      return { problem: `${this.show(path)} cannot be read (${systemCode(error)})` };
    }
  }

  /** Takes a text that was read as YAML; its problems count from now on. */
  addYaml(path: string, text: string): YamlFile {
    const file = new YamlFile(this.show(path), text, {
      env: this.#env,
      folder: this.#folder,
      onFile: (secret) => this.#addSecret(secret),
    });
    this.#files.push(file);
    return file;
  }

  /** Reads and checks a whole YAML file that another file names; the problem of one that cannot be read is the naming file's. */
  readYaml<T>(
    path: string,
    schema: z.ZodType<T>,
    refuse: (message: string) => void,
  ): { readonly file: YamlFile; readonly value: T } | undefined {
    const read = this.readText(path);
    if ("problem" in read) {
      refuse(read.problem);
      return undefined;
    }
    const file = this.addYaml(path, read.text);
    const value = file.readable ? parseSection(file, [], file.value, schema) : undefined;
    return value === undefined ? undefined : { file, value };
  }

  #addSecret(path: string): void {
    this.readText(path);
  }
}
