import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { z } from "zod";
import { replaceFile } from "../core/replace-file.ts";
import { isSealed, parseSealed, seal } from "../core/seal.ts";
import type { FieldColumn, RecordColumns } from "./columns.ts";

const format = `tollgate.columns.v2.${endianness()}`;

/**
 * A columns file: one sealed line of JSON, then the columns' bytes in the machine's byte order, numbers first, then the codes of each
 * field. It can be made again from its segment at any time, so any damage to it means "make it again".
 */
const header = z.object({
  format: z.literal(format),
  /** The segment's size when the columns were made. */
  segmentBytes: z.int(),
  records: z.int(),
  unreadable: z.int(),
  leftOut: z.array(z.string()),
  fields: z.array(z.object({ name: z.string(), values: z.array(z.string().nullable()) })),
  /** The CRC-32 of each column, in the file's order. */
  checksums: z.array(z.int()),
});

type Header = z.output<typeof header>;

const headerBytesMin = 262_144;
const headerBytesMax = 268_435_456;
const newline = 0x0a;
const numberBytes = [8, 8, 8, 4, 4, 4, 4] as const;
const codeBytes = 2;

/** Writes columns, whole or not at all. */
export async function writeColumns(
  path: string,
  segmentBytes: number,
  columns: RecordColumns,
): Promise<void> {
  const fields = [...columns.fields];
  const { timesMs, inputTokens, outputTokens, costLow, costHigh, wastedLow, wastedHigh } = columns;
  const numbers = [timesMs, inputTokens, outputTokens, costLow, costHigh, wastedLow, wastedHigh];
  const chunks = [...numbers, ...fields.map(([, { codes }]) => codes)].map(
    (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
  );
  const head: Header = {
    format,
    segmentBytes,
    records: columns.records,
    unreadable: columns.unreadable,
    leftOut: [...columns.leftOut],
    fields: fields.map(([name, { values }]) => ({ name, values: [...values] })),
    checksums: chunks.map((chunk) => crc32(chunk)),
  };
  await replaceFile(path, [`${seal(JSON.stringify(head))}\n`, ...chunks], {
    next: `${path}.${process.pid}`,
  });
}

/** Reads the columns a report by these fields needs; undefined when there are none for a segment of this size, or they are damaged. */
export async function readColumns(
  path: string,
  segmentBytes: number,
  by: readonly string[],
): Promise<RecordColumns | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch {
    return undefined;
  }
  try {
    const found = await readHeader(file);
    if (found === undefined || found.head.segmentBytes !== segmentBytes) return undefined;
    const { records, fields } = found.head;
    const rowBytes = numberBytes.reduce<number>((sum, bytes) => sum + bytes, 0) + fields.length * codeBytes;
    if ((await file.stat()).size !== found.end + records * rowBytes) return undefined;
    return await readArrays(file, found.head, found.end, by);
  } finally {
    await file.close();
  }
}

async function readHeader(
  file: FileHandle,
): Promise<{ readonly head: Header; readonly end: number } | undefined> {
  for (let size = headerBytesMin; size <= headerBytesMax; size *= 8) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(size), 0, size, 0);
    const at = buffer.subarray(0, bytesRead).indexOf(newline);
    if (at >= 0) return parseHeader(buffer.toString("utf8", 0, at), at + 1);
    if (bytesRead < size) return undefined;
  }
  return undefined;
}

function parseHeader(text: string, end: number): { readonly head: Header; readonly end: number } | undefined {
  try {
    return isSealed(text) ? { head: header.parse(parseSealed(text)), end } : undefined;
  } catch {
    return undefined;
  }
}

/** Columns that the report does not need are neither read nor checked. */
async function readArrays(
  file: FileHandle,
  head: Header,
  start: number,
  by: readonly string[],
): Promise<RecordColumns | undefined> {
  const { records, checksums } = head;
  let position = start;
  let column = 0;
  let damaged = false;
  const next = async (bytes: number, wanted = true): Promise<ArrayBuffer> => {
    const buffer = wanted ? await readWhole(file, position, records * bytes) : new ArrayBuffer(0);
    damaged ||= wanted && crc32(new Uint8Array(buffer)) !== checksums[column];
    position += records * bytes;
    column += 1;
    return buffer;
  };
  const numbers = {
    timesMs: new Float64Array(await next(8)),
    inputTokens: new Float64Array(await next(8)),
    outputTokens: new Float64Array(await next(8)),
    costLow: new Uint32Array(await next(4)),
    costHigh: new Uint32Array(await next(4)),
    wastedLow: new Uint32Array(await next(4)),
    wastedHigh: new Uint32Array(await next(4)),
  };
  const fields = new Map<string, FieldColumn>();
  for (const { name, values } of head.fields) {
    const wanted = by.includes(name);
    const codes = new Uint16Array(await next(codeBytes, wanted));
    if (wanted) fields.set(name, { codes, values });
  }
  if (damaged) return undefined;
  return { records, unreadable: head.unreadable, ...numbers, fields, leftOut: new Set(head.leftOut) };
}

async function readWhole(file: FileHandle, position: number, length: number): Promise<ArrayBuffer> {
  const buffer = new ArrayBuffer(length);
  for (let read = 0; read < length; ) {
    const { bytesRead } = await file.read(new Uint8Array(buffer, read), 0, length - read, position + read);
    if (bytesRead === 0) throw new Error("a columns file became shorter while it was read");
    read += bytesRead;
  }
  return buffer;
}

function endianness(): string {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? "le" : "be";
}
