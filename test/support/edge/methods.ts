import assert from "node:assert/strict";
import type { EdgeMessage, EdgeMethod } from "../../../src/edge/edge.ts";
import { decodeProcessingRequest } from "../../../src/extproc/codec/processing-request.ts";
import { encodeBodyReply } from "../../../src/extproc/codec/processing-response.ts";

/** Answers every message with itself, and the client's end with its own. */
export const echo: EdgeMethod = {
  path: "/test.Echo/Echo",
  open: (stream) => ({
    message: (bytes) => stream.send(Buffer.from(bytes)),
    halfClosed: () => stream.end(),
    closed() {},
  }),
};

/** Answers once, a while after the client's end: leaves a prober the time to see the stream half-closed. */
export const late: EdgeMethod = {
  path: "/",
  open(stream) {
    let timer: NodeJS.Timeout | undefined;
    return {
      message() {},
      halfClosed() {
        timer = setTimeout(() => {
          stream.send(Buffer.from("late answer"));
          stream.end();
        }, 100);
      },
      closed: () => clearTimeout(timer),
    };
  },
};

/** `ProcessingResponse`s that change nothing, by the field number of the `ProcessingRequest` they answer. */
const constantAnswers: Readonly<Record<number, Buffer>> = {
  2: Buffer.from([0x0a, 2, 0x0a, 0]),
  3: Buffer.from([0x12, 2, 0x0a, 0]),
  4: Buffer.from([0x1a, 2, 0x0a, 0]),
  5: Buffer.from([0x22, 2, 0x0a, 0]),
};

const responseBodyField = 5;

/**
 * Envoy's external processing with constant answers: what a server costs that does nothing. With `x-duplex` in the initial metadata the
 * bytes of the answer are sent back, as FULL_DUPLEX_STREAMED asks for.
 */
export const constantExtProc: EdgeMethod = {
  path: "/envoy.service.ext_proc.v3.ExternalProcessor/Process",
  open: (stream, metadata) => ({
    message(bytes) {
      const field = (bytes[0] ?? 0) >> 3;
      if (field === responseBodyField && metadata("x-duplex") !== undefined) {
        stream.send(sentBack(bytes));
        return;
      }
      const answer = constantAnswers[field];
      if (answer !== undefined) stream.send(answer);
    },
    halfClosed: () => stream.end(),
    closed() {},
  }),
};

function sentBack(bytes: Buffer): EdgeMessage {
  const message = decodeProcessingRequest(bytes);
  assert(message.kind === "response_body");
  const { body, endOfStream } = message;
  return encodeBodyReply({ kind: message.kind, body: { kind: "streamed", bytes: body, endOfStream } });
}
