import { existsSync } from "node:fs";
import { join } from "node:path";
import { assetPath } from "../../src/core/asset.ts";
import { go, run, type Tool } from "./tool.ts";

const version = "v1.9.4";

/** gRPC in Go, as a command. */
export const grpcurl: Tool = async (folder, host, port) => {
  const binary = join(folder, "grpcurl");
  if (!existsSync(binary))
    await go(["install", `github.com/fullstorydev/grpcurl/cmd/grpcurl@${version}`], {
      cwd: folder,
      env: { GOBIN: folder },
    });
  const protos = ["-import-path", assetPath("protos"), "-proto"];
  const health = [...protos, "grpc/health/v1/health.proto"];
  const extProc = [...protos, "envoy/service/ext_proc/v3/external_processor.proto"];
  const accessLog = [...protos, "envoy/service/accesslog/v3/als.proto", "-d", "{}"];
  const call = async (args: readonly string[], path: string, expected: RegExp, what: string) => {
    const { text } = await run(binary, ["-plaintext", "-max-time", "2", ...args, `${host}:${port}`, path]);
    return { what, ok: expected.test(text), told: expected.test(text) ? "as expected" : text.trim() };
  };
  const requests = '{"request_headers":{}} {"request_body":{"body":"YQ=="}} {"response_headers":{}}';
  return {
    version,
    checks: [
      await call(health, "grpc.health.v1.Health/Check", /SERVING/, "unary call"),
      await call(
        health,
        "grpc.health.v1.Health/Watch",
        /SERVING[\s\S]*DeadlineExceeded/,
        "server streaming until the deadline",
      ),
      await call(
        [...extProc, "-d", requests],
        "envoy.service.ext_proc.v3.ExternalProcessor/Process",
        /requestHeaders[\s\S]*requestBody[\s\S]*responseHeaders/,
        "bidirectional stream",
      ),
      await call(
        accessLog,
        "envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs",
        /Unimplemented/,
        "unknown method",
      ),
      await call(
        ["-H", `x-large: ${"a".repeat(70_000)}`, ...health],
        "grpc.health.v1.Health/Check",
        /header list size/,
        "metadata above SETTINGS_MAX_HEADER_LIST_SIZE, refused by the client itself",
      ),
    ],
  };
};
