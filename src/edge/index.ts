import type { EdgeFactory } from "./edge.ts";
import { grpcJsEdge } from "./grpc-js.ts";

/** Every edge there is; all pass the same conformance suite. */
export const edges: readonly { readonly name: string; readonly create: EdgeFactory }[] = [
  { name: "grpc-js", create: grpcJsEdge },
];
