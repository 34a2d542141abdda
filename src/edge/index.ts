import type { EdgeFactory } from "./edge.ts";
import { grpcJsEdge } from "./grpc-js.ts";
import { http2Edge } from "./http2/http2-edge.ts";

/** Every edge there is, the default first; all pass the same conformance suite. */
export const edges: readonly { readonly name: string; readonly create: EdgeFactory }[] = [
  { name: "http2", create: http2Edge },
  { name: "grpc-js", create: grpcJsEdge },
];

/** The edge that serves Envoy by default. */
export const defaultEdge: EdgeFactory = http2Edge;
