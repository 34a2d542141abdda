import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { packageRoot } from "../../src/core/asset.ts";
import { findEnvoy } from "../../src/xds/envoy-binary.ts";

/** The body of every answer that passes. */
export const answerBytes = 1_500;

/** A real Envoy that asks an edge about all of every exchange, four messages, and answers itself. */
export class EdgeEnvoy {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Starts it with its files in `folder` and the edge's Unix socket, on this one CPU; {@link stop} ends it. */
  static async start(folder: string, socketPath: string, cpu: number): Promise<EdgeEnvoy> {
    const binary = await findEnvoy(process.env, join(packageRoot, ".tollgate"), (line) => console.log(line));
    const bootstrap = join(folder, "envoy.json");
    const adminAddress = join(folder, "admin.txt");
    writeFileSync(bootstrap, JSON.stringify(bootstrapOf(socketPath)));
    const pinned = ["-c", String(cpu), binary.path];
    const args = ["-c", bootstrap, "--concurrency", "1", "--use-dynamic-base-id", "-l", "error"];
    const child = spawn("taskset", [...pinned, ...args, "--admin-address-path", adminAddress], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    for (let tries = 0; tries < 200; tries++) {
      if (existsSync(adminAddress)) {
        const listeners = await fetch(`http://${readFileSync(adminAddress, "utf8")}/listeners?format=json`);
        const port = portOf(await listeners.json());
        if (port !== undefined) return new EdgeEnvoy(child, port);
      }
      await delay(50);
    }
    child.kill();
    throw new Error("Envoy did not start to listen");
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, "exit");
    this.#child.kill();
    await exit;
  }
}

function portOf(listeners: unknown): number | undefined {
  const { listener_statuses = [] } = listeners as {
    listener_statuses?: { local_address: { socket_address: { port_value: number } } }[];
  };
  const port = listener_statuses[0]?.local_address.socket_address.port_value;
  return port === 0 ? undefined : port;
}

const loopback = { socket_address: { address: "127.0.0.1", port_value: 0 } };

function bootstrapOf(socketPath: string) {
  return {
    admin: { address: loopback },
    static_resources: {
      listeners: [{ name: "in", address: loopback, filter_chains: [{ filters: [connectionManager()] }] }],
      clusters: [edgeCluster(socketPath)],
    },
  };
}

function connectionManager() {
  const answer = { status: 200, body: { inline_string: "a".repeat(answerBytes) } };
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type":
        "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
      stat_prefix: "in",
      generate_request_id: false,
      route_config: {
        virtual_hosts: [
          { name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, direct_response: answer }] },
        ],
      },
      http_filters: [extProc, router],
    },
  };
}

const extProc = {
  name: "envoy.filters.http.ext_proc",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
    grpc_service: { envoy_grpc: { cluster_name: "edge" } },
    message_timeout: "10s",
    processing_mode: {
      request_header_mode: "SEND",
      request_body_mode: "BUFFERED",
      response_header_mode: "SEND",
      response_body_mode: "BUFFERED",
    },
  },
};

const router = {
  name: "envoy.filters.http.router",
  typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
};

function edgeCluster(socketPath: string) {
  const endpoint = { address: { pipe: { path: socketPath } } };
  return {
    name: "edge",
    type: "STATIC",
    load_assignment: { cluster_name: "edge", endpoints: [{ lb_endpoints: [{ endpoint }] }] },
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  };
}
