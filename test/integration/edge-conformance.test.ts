import { edges } from "../../src/edge/index.ts";
import { edgeConformance } from "../conformance/edge.ts";

for (const { name, create } of edges) edgeConformance(name, create);
