import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { packageRoot } from "../../../src/core/asset.ts";
import { findEnvoy } from "../../../src/xds/envoy-binary.ts";
import { type Cpu, onCpu } from "../measure/cpu.ts";
import { type ProcessUsage, processUsage } from "../measure/process-usage.ts";

/** The body of every answer that passes. */
export const answerBytes = 1_500;

/** How an upstream's answers pass: by Envoy alone, or by an edge in a mode of ext_proc's. */
export type AnswerMode = "alone" | "STREAMED" | "FULL_DUPLEX_STREAMED";

/** An upstream in the place of Envoy's own answers. */
export interface EdgeUpstream {
  readonly port: number;
  readonly mode: AnswerMode;
}

/** A real Envoy that asks an edge about all of every exchange; without an upstream it answers itself, and asks four times. */
export class EdgeEnvoy {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Starts it with its files in `folder`, asking at the edge's Unix socket or, without one, nobody; on this CPU. {@link stop} ends it. */
  static async start(
    folder: string,
    socketPath: string | undefined,
    cpu: Cpu,
    upstream?: EdgeUpstream,
  ): Promise<EdgeEnvoy> {
    const binary = await findEnvoy(process.env, join(packageRoot, ".tollgate"), (line) => console.log(line));
    const bootstrap = join(folder, "envoy.json");
    const adminAddress = join(folder, "admin.txt");
    writeFileSync(bootstrap, JSON.stringify(bootstrapOf(socketPath, upstream)));
    const args = ["-c", bootstrap, "--concurrency", "1", "--use-dynamic-base-id", "-l", "error"];
    const command = onCpu(cpu, binary.path, [...args, "--admin-address-path", adminAddress]);
    const child = spawn(...command, { stdio: ["ignore", "ignore", "inherit"] });
    for (let tries = 0; tries < 200; tries++) {
      // It is there a moment before it is written.
      const admin = existsSync(adminAddress) ? readFileSync(adminAddress, "utf8") : "";
      if (admin !== "") {
        const listeners = await fetch(`http://${admin}/listeners?format=json`);
        const port = portOf(await listeners.json());
        if (port !== undefined) return new EdgeEnvoy(child, port);
      }
      await delay(50);
    }
    child.kill();
    throw new Error("Envoy did not start to listen");
  }

  usage(): ProcessUsage {
    return processUsage(this.pid);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
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

function bootstrapOf(socketPath: string | undefined, upstream: EdgeUpstream | undefined) {
  return {
    admin: { address: loopback },
    static_resources: {
      listeners: [
        {
          name: "in",
          address: loopback,
          filter_chains: [{ filters: [connectionManager(socketPath !== undefined, upstream)] }],
        },
      ],
      clusters: [
        ...(socketPath === undefined ? [] : [edgeCluster(socketPath)]),
        ...(upstream === undefined ? [] : [upstreamCluster(upstream.port)]),
      ],
    },
  };
}

function connectionManager(asks: boolean, upstream: EdgeUpstream | undefined) {
  const answer = { status: 200, body: { inline_string: "a".repeat(answerBytes) } };
  const action =
    upstream === undefined ? { direct_response: answer } : { route: { cluster: "up", timeout: "0s" } };
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type":
        "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
      stat_prefix: "in",
      generate_request_id: false,
      route_config: {
        virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, ...action }] }],
      },
      http_filters: [...filtersOf(asks, upstream), router],
    },
  };
}

/** What stands before the router. An Envoy that asks nobody, and answers itself, waits for the request's body as well. */
function filtersOf(asks: boolean, upstream: EdgeUpstream | undefined): readonly object[] {
  if (upstream?.mode === "alone") return [];
  return asks ? [extProc(upstream?.mode ?? "BUFFERED")] : [buffer];
}

const buffer = {
  name: "envoy.filters.http.buffer",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer",
    max_request_bytes: 1 << 20,
  },
};

function extProc(answers: "BUFFERED" | AnswerMode) {
  const duplex = answers === "FULL_DUPLEX_STREAMED";
  return {
    name: "envoy.filters.http.ext_proc",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
      grpc_service: {
        envoy_grpc: { cluster_name: "edge" },
        ...(duplex ? { initial_metadata: [{ key: "x-duplex", value: "1" }] } : {}),
      },
      message_timeout: "10s",
      processing_mode: {
        request_header_mode: "SEND",
        request_body_mode: "BUFFERED",
        response_header_mode: "SEND",
        response_body_mode: answers,
        ...(duplex ? { response_trailer_mode: "SEND" } : {}),
      },
    },
  };
}

const router = {
  name: "envoy.filters.http.router",
  typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
};

function upstreamCluster(port: number) {
  const endpoint = { address: { socket_address: { address: "127.0.0.1", port_value: port } } };
  return {
    name: "up",
    type: "STATIC",
    circuit_breakers: { thresholds: [{ max_connections: 4_096, max_pending_requests: 4_096 }] },
    load_assignment: { cluster_name: "up", endpoints: [{ lb_endpoints: [{ endpoint }] }] },
  };
}

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
