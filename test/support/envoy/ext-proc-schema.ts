import type { Schema } from "./google-protobuf.ts";

/** The messages of ext_proc for google-protobuf, written from Envoy's documentation and not from our codec. */
const headerMap: Schema = {
  headers: [1, { key: [1, "string"], value: [2, "string"], raw_value: [3, "bytes"] }, "repeated"],
};
const httpHeaders: Schema = { headers: [1, headerMap], end_of_stream: [3, "bool"] };
const httpBody: Schema = { body: [1, "bytes"], end_of_stream: [2, "bool"] };
const httpTrailers: Schema = { trailers: [1, headerMap] };
const structEntry: Schema = { key: [1, "string"], value: [2, "struct"] };

export const processingRequest: Schema = {
  request_headers: [2, httpHeaders],
  response_headers: [3, httpHeaders],
  request_body: [4, httpBody],
  response_body: [5, httpBody],
  request_trailers: [6, httpTrailers],
  response_trailers: [7, httpTrailers],
  metadata_context: [8, { filter_metadata: [1, structEntry, "repeated"] }],
  attributes: [9, structEntry, "repeated"],
};

const headerMutation: Schema = {
  set_headers: [
    1,
    {
      header: [1, { key: [1, "string"], raw_value: [3, "bytes"] }],
      append_action: [
        3,
        ["APPEND_IF_EXISTS_OR_ADD", "ADD_IF_ABSENT", "OVERWRITE_IF_EXISTS_OR_ADD", "OVERWRITE_IF_EXISTS"],
      ],
    },
    "repeated",
  ],
  remove_headers: [2, "string", "repeated"],
};
const commonResponse: Schema = {
  status: [1, ["CONTINUE", "CONTINUE_AND_REPLACE"]],
  header_mutation: [2, headerMutation],
  body_mutation: [
    3,
    {
      body: [1, "bytes"],
      clear_body: [2, "bool"],
      streamed_response: [3, { body: [1, "bytes"], end_of_stream: [2, "bool"] }],
    },
  ],
  clear_route_cache: [5, "bool"],
};
const commonResponseIn: Schema = { response: [1, commonResponse] };
const trailersResponse: Schema = { header_mutation: [1, headerMutation] };
const headerMode = ["DEFAULT", "SEND", "SKIP"];
const bodyMode = ["NONE", "STREAMED", "BUFFERED", "BUFFERED_PARTIAL", "FULL_DUPLEX_STREAMED", "GRPC"];

export const processingResponse: Schema = {
  request_headers: [1, commonResponseIn],
  response_headers: [2, commonResponseIn],
  request_body: [3, commonResponseIn],
  response_body: [4, commonResponseIn],
  request_trailers: [5, trailersResponse],
  response_trailers: [6, trailersResponse],
  immediate_response: [
    7,
    {
      status: [1, { code: [1, "uint32"] }],
      headers: [2, headerMutation],
      body: [3, "bytes"],
      details: [5, "string"],
    },
  ],
  dynamic_metadata: [8, "struct"],
  mode_override: [
    9,
    {
      request_header_mode: [1, headerMode],
      response_header_mode: [2, headerMode],
      request_body_mode: [3, bodyMode],
      response_body_mode: [4, bodyMode],
      request_trailer_mode: [5, headerMode],
      response_trailer_mode: [6, headerMode],
    },
  ],
};
