import { tokenKey } from "../edge/require-token.ts";
import { edgeCluster, upstreamEdgeCluster } from "./envoy-input.ts";
import type { Json } from "./typed.ts";

/** Has Envoy send the token in the initial metadata of every gRPC service of Tollgate. Without a token, returns the configuration unchanged. */
export function withEdgeToken(config: Json, token: string | undefined): Json {
  return token === undefined ? config : withMetadata(config, { key: tokenKey, value: token });
}

function withMetadata(config: Json, entry: Json): Json {
  if (Array.isArray(config)) return config.map((one: Json) => withMetadata(one, entry));
  if (!isMap(config)) return config;
  const copy = Object.fromEntries(
    Object.entries(config).map(([name, value]) => [name, withMetadata(value, entry)]),
  );
  if (!isOurs(config)) return copy;
  const metadata = Array.isArray(config.initial_metadata) ? config.initial_metadata : [];
  return { ...copy, initial_metadata: [...metadata, entry] };
}

function isOurs({ envoy_grpc: grpc }: JsonMap): boolean {
  return isMap(grpc) && (grpc.cluster_name === edgeCluster || grpc.cluster_name === upstreamEdgeCluster);
}

type JsonMap = { readonly [key: string]: Json };

function isMap(value: Json | undefined): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
