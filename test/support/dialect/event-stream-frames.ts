import { crc32 } from "node:zlib";

/**
 * An AWS event stream from lines of text, written apart from the code under test: `type {json}` is an event, `!type {json}` an exception,
 * `#type {json}` a chunk of InvokeModel with the JSON in base64; `~cut n` takes bytes off the end, `~flip` damages the last message.
 */
export function frameEventStream(text: string): Buffer {
  let stream = Buffer.alloc(0);
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const space = line.indexOf(" ");
    const [word, json] = space < 0 ? [line, ""] : [line.slice(0, space), line.slice(space + 1)];
    if (word === "~cut") stream = stream.subarray(0, stream.length - Number(json));
    else if (word === "~flip") stream[stream.length - 6] = (stream.at(-6) as number) ^ 1;
    else stream = Buffer.concat([stream, message(word, json)]);
  }
  return stream;
}

function message(word: string, json: string): Buffer {
  if (word.startsWith("!"))
    return frame(
      { ":exception-type": word.slice(1), ":content-type": "application/json", ":message-type": "exception" },
      json,
    );
  const payload =
    word === "#chunk" ? JSON.stringify({ bytes: Buffer.from(json).toString("base64"), p: "abcd" }) : json;
  const type = word.replace("#", "");
  return frame(
    { ":event-type": type, ":content-type": "application/json", ":message-type": "event" },
    payload,
  );
}

function frame(headers: Record<string, string>, payload: string): Buffer {
  const head = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const size = Buffer.from([0, value.length]);
      return Buffer.concat([
        Buffer.from([name.length]),
        Buffer.from(name),
        Buffer.from([7]),
        size,
        Buffer.from(value),
      ]);
    }),
  );
  const body = Buffer.from(payload);
  const prelude = Buffer.concat([uint32(16 + head.length + body.length), uint32(head.length)]);
  const rest = Buffer.concat([prelude, uint32(crc32(prelude)), head, body]);
  return Buffer.concat([rest, uint32(crc32(rest))]);
}

function uint32(value: number): Buffer {
  return Buffer.from([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);
}
