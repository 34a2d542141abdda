import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { counterOf } from "../tokens/models/families.ts";
import { type Count, countRequest } from "./count-request.ts";
import { type Column, formatRows, type RowFormat } from "./rows.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** The model that counts where nothing names one. */
const modelDefault = "gpt-4.1";

/** What `tollgate count` is asked for. */
export interface CountOptions {
  /** Default: what a request names, else {@link modelDefault}. */
  readonly model?: string;
  /** The path that the files are request bodies for. Undefined if they are texts. */
  readonly request?: string;
  readonly format: RowFormat;
}

/** `tollgate count`: tokens of texts or of whole requests, as a model counts them; standard input where no file is named. */
export async function count(
  terminal: Terminal,
  files: readonly string[],
  options: CountOptions,
): Promise<void> {
  const { model, request, format } = options;
  const counted: Counted[] = [];
  for (const file of files.length === 0 ? ["-"] : files) {
    const chunks = readable(
      file,
      file === "-" ? terminal.input : createReadStream(resolve(terminal.cwd, file)),
    );
    counted.push({
      file,
      ...(request === undefined
        ? await countText(chunks, model ?? modelDefault)
        : await countRequest(chunks, file, request, model)),
    });
  }
  const rows = counted.map(({ file, model, tokens }) => ({ file, model, tokens }));
  terminal.out(formatRows(rows, columns, format));
  if (format === "table") for (const line of caveats(counted)) terminal.err(line);
}

interface Counted extends Count {
  /** As it was named; `-` for standard input. */
  readonly file: string;
}

const columns: readonly Column<Pick<Counted, "file" | "tokens">>[] = [
  { title: "tokens", figures: true, of: (row) => String(row.tokens) },
  { title: "file", of: (row) => row.file },
];

/** The possible error of the estimates among the counts, one line for each estimator. */
function caveats(counted: readonly Counted[]): readonly string[] {
  const shares = new Map<string, number>();
  for (const { counter, tokens, tokensMax } of counted) {
    if (tokensMax > tokens) shares.set(counter, Math.max(shares.get(counter) ?? 0, tokensMax / tokens - 1));
  }
  return [...shares].map(
    ([counter, share]) => `an estimate (${counter}): there may be up to ${Math.round(share * 100)} % more`,
  );
}

async function countText(chunks: AsyncIterable<Uint8Array>, model: string): Promise<Count> {
  const counter = counterOf("", model);
  const decoder = new TextDecoder();
  const stream = counter.stream();
  for await (const chunk of chunks) {
    stream.push(decoder.decode(chunk, { stream: true }));
    await stream.catchUp();
  }
  stream.push(decoder.decode());
  const tokens = stream.total();
  return { model, tokens, tokensMax: tokens * counter.safetyFactor, counter: counter.name };
}

async function* readable(file: string, chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    const { code = "?" } = error as NodeJS.ErrnoException;
    throw new CommandFailure(`${file} cannot be read (${code})`);
  }
}
