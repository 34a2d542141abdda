import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tokenKey } from "../../../src/edge/require-token.ts";
import { compileEnvoy, compileStatic } from "../../../src/xds/bootstrap.ts";
import type { EnvoyBackend, EnvoyInput } from "../../../src/xds/envoy-input.ts";

function backend(name: string, endpoint: string): EnvoyBackend {
  const tls = { caFile: "/etc/ssl/certs/ca-certificates.crt", serverName: undefined };
  return { name, endpoint: new URL(endpoint), connectTimeoutMs: undefined, tls };
}

const input: EnvoyInput = {
  version: "one",
  listen: { host: "0.0.0.0", port: 8080, bodyLimitBytes: 32 << 20 },
  edge: { kind: "unix", path: "/run/tollgate/tollgate.sock" },
  backends: [backend("openai", "https://api.openai.com/v1")],
};

describe("every bootstrap we write", () => {
  const bootstraps = {
    "for our own Envoy": compileEnvoy(input, "/run/envoy")["bootstrap.json"],
    "as one static file": compileStatic(input),
  };
  for (const [name, bootstrap] of Object.entries(bootstraps))
    it(`keeps slow answers from crashing Envoy, ${name}`, () => {
      const { grpc_async_client_manager_config, layered_runtime } = bootstrap as Record<string, unknown>;
      assert.deepEqual(grpc_async_client_manager_config, { max_cached_entry_idle_duration: "86400s" });
      assert.deepEqual(layered_runtime, {
        layers: [
          {
            name: "tollgate",
            static_layer: { "envoy.reloadable_features.ext_proc_graceful_grpc_close": false },
          },
        ],
      });
    });
});

describe("the overload manager of our own Envoy", () => {
  it("has a heap bound, and shortens no timeout: a slow model's answer is waited for", () => {
    const { overload_manager: manager } = compileEnvoy(input, "/run/envoy")["bootstrap.json"] as {
      overload_manager: {
        resource_monitors: { typed_config: { max_heap_size_bytes: number } }[];
        actions: { name: string }[];
      };
    };
    assert.ok((manager.resource_monitors[0]?.typed_config.max_heap_size_bytes ?? 0) > 0);
    const names = manager.actions.map(({ name }) => name.replace("envoy.overload_actions.", ""));
    assert.deepEqual(names, ["shrink_heap", "reset_high_memory_stream", "stop_accepting_requests"]);
  });
});

describe("the edge's token", () => {
  /** The initial metadata of every gRPC service, by what it asks. */
  function services(
    config: unknown,
  ): readonly { readonly cluster: string; readonly keys: readonly string[] }[] {
    if (typeof config !== "object" || config === null) return [];
    const { envoy_grpc: grpc, initial_metadata: metadata = [] } = config as {
      envoy_grpc?: { cluster_name: string };
      initial_metadata?: readonly { key: string }[];
    };
    const own =
      grpc === undefined ? [] : [{ cluster: grpc.cluster_name, keys: metadata.map(({ key }) => key) }];
    return [...own, ...Object.values(config).flatMap(services)];
  }

  it("goes with every call to Tollgate, on whichever cluster", () => {
    const found = services(compileStatic({ ...input, edgeToken: "secret" }));
    const clusters = new Set(found.map(({ cluster }) => cluster));
    assert.deepEqual([...clusters].sort(), [".tollgate", ".tollgate-upstream"]);
    for (const { cluster, keys } of found) assert.ok(keys.includes(tokenKey), cluster);
  });
});

describe("a reload", () => {
  const next: EnvoyInput = {
    ...input,
    version: "two",
    listen: { ...input.listen },
    backends: [backend("openai", "https://eu.api.openai.com/v1"), backend("other", "http://10.0.0.1:9000")],
  };
  const before = compileEnvoy(input, "/run/envoy");
  const after = compileEnvoy(next, "/run/envoy");

  it("leaves the bootstrap, and with it Tollgate's own clusters, byte for byte as it is", () => {
    assert.equal(JSON.stringify(after["bootstrap.json"]), JSON.stringify(before["bootstrap.json"]));
  });

  it("never brings Tollgate's own clusters by discovery, which would break every exchange that is open", () => {
    const { resources } = after["cds/clusters.json"] as unknown as { resources: { name: string }[] };
    const names = resources.map(({ name }) => name);
    assert.deepEqual(names, ["openai", "other", ".reject"]);
  });
});
