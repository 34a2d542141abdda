import type { EdgeMethod } from "../../../src/edge/edge.ts";
import { decodeProcessingRequest } from "../../../src/extproc/codec/processing-request.ts";
import { encodeBodyReply, encodeHeadersReply } from "../../../src/extproc/codec/processing-response.ts";
import { type Plain, protoMethod } from "../envoy/envoy-protos.ts";
import { constantExtProc } from "./methods.ts";

const noEdits = { set: [], remove: [] };

/** {@link constantExtProc}, but reading every message and writing every answer, by our codec. */
const ownCodec: EdgeMethod = {
  path: constantExtProc.path,
  open: (stream) => ({
    message(bytes) {
      const { kind } = decodeProcessingRequest(bytes);
      if (kind === "request_headers" || kind === "response_headers")
        stream.send(encodeHeadersReply({ kind, edits: noEdits }));
      else if (kind === "request_body" || kind === "response_body") stream.send(encodeBodyReply({ kind }));
    },
    halfClosed: () => stream.end(),
    closed() {},
  }),
};

const method = protoMethod("envoy.service.ext_proc.v3.ExternalProcessor", "Process");
const kinds = ["request_headers", "response_headers", "request_body", "response_body"];

/** The same by the codec that comes with grpc-js. */
const protoLoader: EdgeMethod = {
  path: constantExtProc.path,
  open: (stream) => ({
    message(bytes) {
      const request: Plain = method.requestDeserialize(bytes);
      const kind = kinds.find((one) => request[one] != null);
      if (kind !== undefined) stream.send(method.responseSerialize({ [kind]: { response: {} } }));
    },
    halfClosed: () => stream.end(),
    closed() {},
  }),
};

/** Envoy's external processing with answers that change nothing, by who reads and writes the messages. */
export const extProcCodecs: Readonly<Record<string, EdgeMethod>> = {
  own: ownCodec,
  "proto-loader": protoLoader,
};
