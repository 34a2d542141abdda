import { ProtobufReader } from "../../core/protobuf-reader.ts";

/** A leaf of a `google.protobuf.Struct`. */
export type Scalar = string | number | boolean;

/**
 * One leaf of a `map<string, google.protobuf.Struct>` whose entries carry `entryTag` in the message being read:
 * `map[key].fields[name]`. Undefined if it is missing, null, a struct or a list. Both names must be ASCII.
 */
export function lookUpScalar(
  reader: ProtobufReader,
  entryTag: number,
  key: string,
  name: string,
): Scalar | undefined {
  const struct = lookUpEntry(reader, entryTag, key);
  const value = struct && lookUpEntry(struct, fieldsTag, name);
  return value && readScalar(value);
}

/** The value of a map's entry, of the last one if there are several, as protobuf has it. */
function lookUpEntry(reader: ProtobufReader, entryTag: number, key: string): ProtobufReader | undefined {
  let start = -1;
  let end = -1;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag !== entryTag) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.enter();
    let matches = false;
    let valueStart = reader.position;
    let valueEnd = reader.position;
    while (reader.more()) {
      const entry = reader.tag();
      if (entry === keyTag) matches = reader.equals(key);
      else if (entry === valueTag) {
        const limit = reader.enter();
        valueStart = reader.position;
        valueEnd = reader.limit;
        reader.leave(limit);
      } else reader.skip(entry);
    }
    reader.leave(outer);
    if (!matches) continue;
    start = valueStart;
    end = valueEnd;
  }
  return start < 0 ? undefined : new ProtobufReader(reader.bytes, start, end);
}

/** `google.protobuf.Value`: of a oneof the last member counts. */
function readScalar(reader: ProtobufReader): Scalar | undefined {
  let scalar: Scalar | undefined;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag) scalar = reader.double();
    else if (tag === stringTag) scalar = reader.utf8();
    else if (tag === boolTag) scalar = reader.bool();
    else {
      scalar = undefined;
      reader.skip(tag);
    }
  }
  return scalar;
}

// google.protobuf.Struct.fields, a map entry's key and value, and the scalars of Value
const fieldsTag = 0x0a;
const keyTag = 0x0a;
const valueTag = 0x12;
const numberTag = 0x11;
const stringTag = 0x1a;
const boolTag = 0x20;
