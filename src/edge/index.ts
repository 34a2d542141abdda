import type { EdgeFactory } from "./edge.ts";
import { grpcJsEdge } from "./grpc-js.ts";
import { http2Edge } from "./http2/http2-edge.ts";

/** Every edge there is, the default first; all pass the same conformance suite. */
export const edges: readonly { readonly name: string; readonly create: EdgeFactory }[] = [
  { name: "http2", create: http2Edge },
  { name: "grpc-js", create: grpcJsEdge },
];

/** What serves Envoy unless something else is asked for. */
export const defaultEdge: EdgeFactory = http2Edge;
