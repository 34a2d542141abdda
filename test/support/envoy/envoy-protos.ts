import { loadSync, type MethodDefinition, type PackageDefinition } from "@grpc/proto-loader";
import { assetPath } from "../../../src/core/asset.ts";

/** What a protobuf library makes of a message, keys as in the .proto files. */
export type Plain = Record<string, unknown>;

/** The methods of `protos/` as @grpc/proto-loader reads them: the other opinion on what our codecs write and read. */
const definitions: PackageDefinition = loadSync(
  [
    "envoy/service/ext_proc/v3/external_processor.proto",
    "envoy/service/accesslog/v3/als.proto",
    "grpc/health/v1/health.proto",
  ],
  { includeDirs: [assetPath("protos")], keepCase: true, longs: Number, enums: String },
);

/** One method, e.g. `("envoy.service.ext_proc.v3.ExternalProcessor", "Process")`. */
export function protoMethod(service: string, method: string): MethodDefinition<Plain, Plain> {
  const definition = definitions[service];
  if (definition === undefined || "format" in definition) throw new Error(`no service ${service} in protos/`);
  const found = definition[method];
  if (found === undefined) throw new Error(`no method ${method} in ${service}`);
  return found as MethodDefinition<Plain, Plain>;
}
