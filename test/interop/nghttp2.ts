import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { grpcMessage } from "../support/edge/h2-frames.ts";
import { run, type Tool } from "./tool.ts";

const hint = "install nghttp2's tools (Debian: nghttp2-client)";
const grpcHeaders = ["-H", "content-type: application/grpc", "-H", "te: trailers"];

/** A body that is one gRPC message, in a file. */
function bodyFile(folder: string, bytes: number): string {
  const file = join(folder, `body-${bytes}.bin`);
  writeFileSync(file, grpcMessage(Buffer.alloc(bytes, 0x61)));
  return file;
}

async function versionOf(command: string): Promise<string> {
  const { text } = await run(command, ["--version"], { hint });
  return /nghttp2\/([\d.]+)/.exec(text)?.[1] ?? text.trim();
}

/** libnghttp2's client: one call at a time. */
export const nghttp: Tool = async (folder, host, port) => {
  const version = await versionOf("nghttp");
  const checks = [];
  for (const bytes of [2_000, 5 << 20]) {
    const args = ["-v", "-n", ...grpcHeaders, "-H", ":method: POST", "-d", bodyFile(folder, bytes)];
    const { text } = await run("nghttp", [...args, `http://${host}:${port}/test.Echo/Echo`]);
    const status = /grpc-status: \d+/.exec(text)?.[0] ?? "no status";
    const received = [...text.matchAll(/recv DATA frame <length=(\d+)/g)].reduce(
      (sum, [, length]) => sum + Number(length),
      0,
    );
    const ok = status === "grpc-status: 0" && received === bytes + 5;
    checks.push({
      what: `a message of ${bytes} bytes there and back`,
      ok,
      told: `${received} bytes, ${status}`,
    });
  }
  return { version, checks };
};

/** libnghttp2's load generator. */
export const h2load: Tool = async (folder, host, port) => {
  const version = await versionOf("h2load");
  const args = ["-n", "20000", "-c", "8", "-m", "32", ...grpcHeaders, "-d", bodyFile(folder, 2_000)];
  const { text } = await run("h2load", [...args, `http://${host}:${port}/test.Echo/Echo`]);
  const told = /(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/.exec(text);
  const ok = told?.[1] === "20000";
  return {
    version,
    checks: [{ what: "20,000 calls, 256 at a time", ok, told: told?.[0] ?? text.slice(-300) }],
  };
};
