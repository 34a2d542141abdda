import type { EdgeFactory, EdgeMethod } from "../../src/edge/edge.ts";
import { grpcJsEdge } from "../../src/edge/grpc-js.ts";
import { constantExtProc } from "./edge-methods.ts";
import { type Plain, protoMethod } from "./envoy-protos.ts";

const process = protoMethod("envoy.service.ext_proc.v3.ExternalProcessor", "Process");
const unchanged: Plain = { response: {} };

/** `ProcessingResponse`s that change nothing, by the member of the `ProcessingRequest` they answer. */
const answers = Object.entries({
  request_headers: { request_headers: unchanged },
  response_headers: { response_headers: unchanged },
  request_body: { request_body: unchanged },
  response_body: { response_body: unchanged },
});

/** {@link constantExtProc} by the library's own codec. */
const parsedExtProc: EdgeMethod = {
  path: constantExtProc.path,
  open: (stream) => ({
    message(bytes) {
      const request = process.requestDeserialize(bytes);
      const answer = answers.find(([member]) => request[member] != null)?.[1];
      if (answer !== undefined) stream.send(process.responseSerialize(answer));
    },
    halfClosed: () => stream.end(),
    closed() {},
  }),
};

/** What one gets without work of one's own: grpc-js, and messages by @grpc/proto-loader. */
export const stockEdge: EdgeFactory = (methods, options) =>
  grpcJsEdge([...methods.filter(({ path }) => path !== parsedExtProc.path), parsedExtProc], options);
