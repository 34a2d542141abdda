import { assert } from "../../core/errors.ts";
import type { ProtobufWriter } from "../../core/protobuf-writer.ts";

/** A value of a `google.protobuf.Value`, in JSON's terms. */
export type StructValue = null | boolean | number | string | readonly StructValue[] | StructObject;

/** A `google.protobuf.Struct` as an object. */
export interface StructObject {
  readonly [name: string]: StructValue;
}

/** Writes the fields of a Struct, into the message being built. */
export function writeStruct(writer: ProtobufWriter, struct: StructObject, depth = 0): void {
  assert(depth < structDepthMax, "a struct of bounded depth");
  const names = Object.keys(struct);
  for (let i = names.length - 1; i >= 0; i -= 1) {
    const name = names[i] as string;
    const entry = writer.mark();
    const value = writer.mark();
    writeValue(writer, struct[name] as StructValue, depth);
    writer.messageField(2, value);
    writer.utf8Field(1, name);
    writer.messageField(1, entry);
  }
}

function writeValue(writer: ProtobufWriter, value: StructValue, depth: number): void {
  if (value === null) writer.varintField(1, 0);
  else if (typeof value === "number") writer.doubleField(2, value);
  else if (typeof value === "string") writer.utf8Field(3, value);
  else if (typeof value === "boolean") writer.varintField(4, value ? 1 : 0);
  else {
    const nested = writer.mark();
    if (isList(value)) writeList(writer, value, depth + 1);
    else writeStruct(writer, value, depth + 1);
    writer.messageField(isList(value) ? 6 : 5, nested);
  }
}

function writeList(writer: ProtobufWriter, list: readonly StructValue[], depth: number): void {
  assert(depth < structDepthMax, "a list of bounded depth");
  for (let i = list.length - 1; i >= 0; i -= 1) {
    const value = writer.mark();
    writeValue(writer, list[i] as StructValue, depth);
    writer.messageField(1, value);
  }
}

/** `Array.isArray` does not narrow a readonly array. */
function isList(value: readonly StructValue[] | StructObject): value is readonly StructValue[] {
  return Array.isArray(value);
}

/** Structs and lists in one another, at most; protobuf parsers refuse more than a hundred messages. */
const structDepthMax = 24;
