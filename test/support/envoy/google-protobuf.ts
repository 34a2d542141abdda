import { createRequire } from "node:module";
import type { Random } from "../core/random.ts";
import type { Plain } from "./envoy-protos.ts";

/** How one field's value is written: a scalar, the names of an enum's values from 0 up, a Struct as plain JSON, or a message. */
type FieldType =
  | "bool"
  | "string"
  | "bytes"
  | "uint32"
  | "uint64"
  | "int64"
  | "struct"
  | readonly string[]
  | Schema;

/** A message: per field its number, its type, and whether it is repeated. Maps are lists of entries. */
export interface Schema {
  readonly [field: string]: readonly [number: number, type: FieldType, repeated?: "repeated"];
}

/** The parts of google-protobuf, which has no types and needs generated classes for more, that read and write the wire. */
interface WireWriter {
  writeBool(field: number, value: boolean): void;
  writeString(field: number, value: string): void;
  writeBytes(field: number, value: Uint8Array): void;
  writeUint32(field: number, value: number): void;
  writeUint64(field: number, value: number): void;
  writeInt64(field: number, value: number): void;
  writeDouble(field: number, value: number): void;
  writeFixed32(field: number, value: number): void;
  getResultBuffer(): Uint8Array;
}
interface WireReader {
  nextField(): boolean;
  getFieldNumber(): number;
  skipField(): void;
  readBool(): boolean;
  readString(): string;
  readBytes(): Uint8Array;
  readUint32(): number;
  readUint64(): number;
  readInt64(): number;
  readEnum(): number;
}
interface StructMessage {
  serializeBinary(): Uint8Array;
  toJavaScript(): Plain;
}

const require = createRequire(import.meta.url);
const { BinaryReader, BinaryWriter } = require("google-protobuf") as {
  BinaryReader: new (bytes: Uint8Array) => WireReader;
  BinaryWriter: new () => WireWriter;
};
const { Struct } = require("google-protobuf/google/protobuf/struct_pb.js") as {
  Struct: {
    fromJavaScript(value: unknown): StructMessage;
    deserializeBinary(bytes: Uint8Array): StructMessage;
  };
};

/** Writes a message with its fields in random order and fields between that no schema has: valid, and as awkward as may be. */
export function writeWithGoogle(schema: Schema, message: Plain, random: Random): Buffer {
  const writer = new BinaryWriter();
  for (const name of random.shuffled(Object.keys(message))) {
    if (random.once(6)) writeUnknown(writer, random);
    const [number, type, repeated] = schema[name] ?? unknownField(name);
    const values = repeated ? (message[name] as unknown[]) : [message[name]];
    for (const value of values) writeValue(writer, number, type, value, random);
  }
  if (random.once(6)) writeUnknown(writer, random);
  return Buffer.from(writer.getResultBuffer());
}

/** Reads a message, refusing fields that the schema does not have. */
export function readWithGoogle(schema: Schema, bytes: Uint8Array): Plain {
  const reader = new BinaryReader(bytes);
  const message: Plain = {};
  while (reader.nextField()) {
    const number = reader.getFieldNumber();
    const found = Object.entries(schema).find(([, field]) => field[0] === number);
    const [name, [, type, repeated]] = found ?? unknownField(number);
    const value = readValue(reader, type);
    if (repeated) message[name] = [...((message[name] as unknown[]) ?? []), value];
    else message[name] = value;
  }
  return message;
}

function writeValue(
  writer: WireWriter,
  number: number,
  type: FieldType,
  value: unknown,
  random: Random,
): void {
  if (type === "bool") writer.writeBool(number, value as boolean);
  else if (type === "string") writer.writeString(number, value as string);
  else if (type === "bytes") writer.writeBytes(number, value as Uint8Array);
  else if (type === "uint32") writer.writeUint32(number, value as number);
  else if (type === "uint64") writer.writeUint64(number, value as number);
  else if (type === "int64") writer.writeInt64(number, value as number);
  else if (type === "struct")
    writer.writeBytes(number, Struct.fromJavaScript(value as object).serializeBinary());
  else if (isEnum(type)) writer.writeUint32(number, type.indexOf(value as string));
  else writer.writeBytes(number, writeWithGoogle(type, value as Plain, random));
}

function readValue(reader: WireReader, type: FieldType): unknown {
  if (type === "bool") return reader.readBool();
  if (type === "string") return reader.readString();
  if (type === "bytes") return Buffer.from(reader.readBytes());
  if (type === "uint32") return reader.readUint32();
  if (type === "uint64") return reader.readUint64();
  if (type === "int64") return reader.readInt64();
  if (type === "struct") return Struct.deserializeBinary(reader.readBytes()).toJavaScript();
  if (isEnum(type)) return type[reader.readEnum()];
  return readWithGoogle(type, reader.readBytes());
}

function writeUnknown(writer: WireWriter, random: Random): void {
  const number = 900 + random.below(100_000);
  const kind = random.below(4);
  if (kind === 0) writer.writeUint64(number, random.below(2 ** 31) * 2 ** random.below(22));
  else if (kind === 1) writer.writeDouble(number, random.below(1000));
  else if (kind === 2) writer.writeFixed32(number, random.below(1000));
  else writer.writeBytes(number, random.bytes(300));
}

function isEnum(type: FieldType): type is readonly string[] {
  return Array.isArray(type);
}

function unknownField(field: string | number): never {
  throw new Error(`no field ${field} in the schema`);
}
