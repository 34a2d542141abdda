import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import type { Counter } from "../tokens/counter.ts";
import { counterOf } from "../tokens/families.ts";
import { type Column, formatRows, type RowFormat } from "./rows.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** What `tollgate count` is asked for. */
export interface CountOptions {
  readonly model: string;
  readonly format: RowFormat;
}

/** `tollgate count`: tokens of texts as a model counts them; standard input where no file is named. */
export async function count(
  terminal: Terminal,
  files: readonly string[],
  options: CountOptions,
): Promise<void> {
  const { model, format } = options;
  const counter = counterOf("", model);
  const rows: CountRow[] = [];
  for (const file of files.length === 0 ? ["-"] : files) {
    const chunks = file === "-" ? terminal.input : createReadStream(resolve(terminal.cwd, file));
    rows.push({ file, model, tokens: await countChunks(counter, file, chunks) });
  }
  const columns: readonly Column<CountRow>[] = [
    { title: "tokens", figures: true, of: (row) => String(row.tokens) },
    { title: "file", of: (row) => row.file },
  ];
  terminal.out(formatRows(rows, columns, format));
  if (format === "table" && counter.safetyFactor > 1)
    terminal.err(
      `an estimate (${counter.name}): there may be up to ${Math.round((counter.safetyFactor - 1) * 100)} % more`,
    );
}

interface CountRow {
  /** As it was named; `-` for standard input. */
  readonly file: string;
  readonly model: string;
  readonly tokens: number;
}

async function countChunks(
  counter: Counter,
  file: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<number> {
  const decoder = new TextDecoder();
  const stream = counter.stream();
  try {
    for await (const chunk of chunks) stream.push(decoder.decode(chunk, { stream: true }));
  } catch (error) {
    const { code = "?" } = error as NodeJS.ErrnoException;
    throw new CommandFailure(`${file} cannot be read (${code})`);
  }
  stream.push(decoder.decode());
  return stream.total();
}
