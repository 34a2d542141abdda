import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/core/asset.ts";
import { EdgeProcess } from "../support/edge/process.ts";
import { grpcurl } from "./grpcurl.ts";
import { h2spec } from "./h2spec.ts";
import { h2load, nghttp } from "./nghttp2.ts";
import { Missing } from "./tool.ts";

// Foreign HTTP/2 and gRPC clients against our own edge. What is missing is installed into the project's own folder where that needs no
// root, else named. What needs no installing (grpc-js, Node's HTTP/2, Envoy) is part of `npm test`. Usage: npm run interop:edge

const tools = [h2spec, grpcurl, nghttp, h2load];

const folder = join(packageRoot, ".tollgate", "interop");
mkdirSync(folder, { recursive: true });
const server = await EdgeProcess.start("http2", "127.0.0.1:0");
if (server.address.kind !== "tcp") throw new Error("the edge listens elsewhere");
const { host, port } = server.address;
let failures = 0;
console.log("| client | version | checked | result |\n|---|---|---|---|");
for (const tool of tools) {
  try {
    const { version, checks } = await tool(folder, host, port);
    for (const { what, ok, told } of checks) {
      console.log(`| ${tool.name} | ${version} | ${what} | ${ok ? told : `FAILED: ${told}`} |`);
      if (!ok) failures += 1;
    }
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    failures += 1;
    console.log(`| ${tool.name} | – | – | MISSING: ${error.message} |`);
  }
}
await server.stop();
process.exitCode = failures === 0 ? 0 : 1;
