import { parseEdgeAddress } from "../../../src/edge/edge.ts";
import { createHealth } from "../../../src/edge/health.ts";
import { edges } from "../../../src/edge/index.ts";
import { constantExtProc, echo, late } from "./methods.ts";

// A process that serves one edge, for tests and measurements that need it apart: `edge-server.ts NAME[/CODEC] ADDRESS`. Without a
// codec messages are told apart by their first byte.
const [names = "", addressText = ""] = process.argv.slice(2);
const [name, codec = ""] = names.split("/");
const extProc = codec === "" ? constantExtProc : (await import("./ext-proc-codecs.ts")).extProcCodecs[codec];
const create = edges.find((edge) => edge.name === name)?.create;
const address = parseEdgeAddress(addressText);
if (create === undefined || address === undefined || extProc === undefined)
  throw new Error("usage: edge-server.ts NAME[/CODEC] ADDRESS");

const health = createHealth([]);
health.setServing(true);
const edge = create([echo, late, extProc, ...health.methods]);
const bound = await edge.listen(address);
console.log(bound.kind === "unix" ? `unix:${bound.path}` : `${bound.host}:${bound.port}`);
process.once("SIGTERM", () => void edge.drain(2_000));
// What the parent asks on standard input is answered on standard output: the CPU and memory this process has used.
process.stdin.on("data", () => {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  console.log(JSON.stringify({ cpuMicros: user + system, rssBytes: rss, liveBytes: heapUsed + external }));
});
process.stdin.on("end", () => process.exit(0));
