import { GatewayError } from "../../core/errors.ts";
import type { HeaderEdits } from "../../core/headers.ts";
import type { ProtobufWriter } from "../../core/protobuf-writer.ts";

/**
 * Writes a `HeaderMutation` as `field` of the message being built; nothing for no edits. Envoy removes first, then sets.
 * Throws `internal` for a name or value that HTTP cannot carry: Envoy would fail the request for it with less to say.
 */
export function writeHeaderMutation(writer: ProtobufWriter, field: number, edits: HeaderEdits): void {
  if (edits.set.length === 0 && edits.remove.length === 0) return;
  const mutation = writer.mark();
  for (let i = edits.remove.length - 1; i >= 0; i -= 1) {
    const name = edits.remove[i] as string;
    checkName(name);
    writer.latin1Field(2, name);
  }
  for (let i = edits.set.length - 1; i >= 0; i -= 1) {
    const [name, value] = edits.set[i] as HeaderEdits["set"][number];
    checkName(name);
    checkValue(name, value);
    writeSetHeader(writer, name, value);
  }
  writer.messageField(field, mutation);
}

/** `HeaderValueOption`. `append` stays unset: that overwrites in every Envoy, whether it heeds `append_action` or not. */
function writeSetHeader(writer: ProtobufWriter, name: string, value: string): void {
  const option = writer.mark();
  writer.varintField(3, overwriteIfExistsOrAdd);
  const header = writer.mark();
  // In `raw_value`: Envoy ignores `value`, and refuses both.
  writer.latin1Field(3, value);
  writer.latin1Field(1, name);
  writer.messageField(1, header);
  writer.messageField(1, option);
}

function checkName(name: string): void {
  for (let i = 0; i < name.length; i += 1) {
    const code = name.charCodeAt(i);
    // Visible ASCII without upper case; Envoy checks the finer grammar.
    if (code <= 0x20 || code >= 0x7f || (code >= 0x41 && code <= 0x5a)) throw unfit("name", name.slice(0, i));
  }
  if (name === "") throw unfit("name", name);
}

function checkValue(name: string, value: string): void {
  for (let i = 0; i < value.length; i += 1) {
    const code = value.charCodeAt(i);
    // One byte a character; of the controls only the tab (RFC 9110 §5.5).
    if (code > 0xff || code === 0x7f || (code < 0x20 && code !== 0x09)) throw unfit("value", name);
  }
}

function unfit(part: "name" | "value", name: string): GatewayError {
  return new GatewayError("internal", `a header's ${part} does not fit HTTP: ${name}`);
}

/** `HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD` */
const overwriteIfExistsOrAdd = 2;
