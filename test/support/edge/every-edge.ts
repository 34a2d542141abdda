import { describe } from "node:test";
import type { EdgeFactory } from "../../../src/edge/edge.ts";
import { edges } from "../../../src/edge/index.ts";

/** A suite once under each edge: what the gateway promises may not depend on who speaks gRPC with Envoy. */
export function describeOnEveryEdge(title: string, suite: (edge: EdgeFactory) => void): void {
  for (const { name, create } of edges) describe(`${title} (${name})`, () => suite(create));
}
