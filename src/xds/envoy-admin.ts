import { request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** Where an Envoy's admin interface is: an origin (`http://127.0.0.1:9901`), or the absolute path of its Unix socket. */
export type EnvoyAdminAddress = { readonly url: string } | { readonly socketPath: string };

const answerTimeoutMs = 2_000;
const answerBytesMax = 8_388_608;
const pollMs = 20;

/** An Envoy's admin interface, as far as a publisher of its configuration needs it. */
export class EnvoyAdmin {
  readonly #address: EnvoyAdminAddress;

  constructor(address: EnvoyAdminAddress) {
    this.#address = address;
  }

  /** The body of a 200; rejects for anything else, and after {@link answerTimeoutMs}. */
  get(path: string): Promise<string> {
    return this.#ask("GET", path);
  }

  /** Asks clients to open their next connection elsewhere; running streams go on. */
  async drain(): Promise<void> {
    await this.#ask("POST", "/drain_listeners?inboundonly&graceful&skip_exit");
  }

  async isReady(): Promise<boolean> {
    return this.get("/ready").then(
      () => true,
      () => false,
    );
  }

  /** Its release, e.g. `1.40.0`. */
  async version(): Promise<string> {
    const { version } = JSON.parse(await this.get("/server_info")) as { readonly version: string };
    return /\b\d+\.\d+\.\d+[^/]*/.exec(version.slice(version.indexOf("/")))?.[0] ?? version;
  }

  /** The address its first listener really has, `host:port`; undefined where there is none. */
  async listenAddress(): Promise<string | undefined> {
    const { listener_statuses: statuses } = JSON.parse(await this.get("/listeners?format=json")) as {
      listener_statuses?: { local_address: { socket_address: { address: string; port_value: number } } }[];
    };
    const address = statuses?.[0]?.local_address.socket_address;
    if (address === undefined) return undefined;
    const { address: host, port_value: port } = address;
    return `${host.includes(":") ? `[${host}]` : host}:${port}`;
  }

  /** The parts of its first configuration that a newly started Envoy has refused or not received yet. With neither, it serves all of it. */
  async startup(): Promise<Startup> {
    const filter = `^(${Object.values(discoveries).join("|").replaceAll(".", "\\.")})\\.update_(failure|rejected|success)$`;
    const lines = (await this.get(`/stats?filter=${encodeURIComponent(filter)}`)).split("\n");
    const kinds = Object.entries(discoveries);
    const count = (stat: string): number => {
      const line = lines.find((one) => one.startsWith(`${stat}: `));
      return Number(line?.slice(stat.length + 2) ?? 0);
    };
    const refused = kinds.find(
      ([, stat]) => count(`${stat}.update_rejected`) + count(`${stat}.update_failure`) > 0,
    )?.[0];
    const missing = kinds.find(([, stat]) => count(`${stat}.update_success`) === 0)?.[0];
    return { refused, missing };
  }

  /** How often Envoy has turned an update of its clusters down; undefined while it does not answer. */
  async clusterRefusals(): Promise<number | undefined> {
    return this.#clusterState().then(
      ({ refusals }) => refusals,
      () => undefined,
    );
  }

  /**
   * Resolves once Envoy serves with the clusters of this version, all of them warm. Rejects when it refuses them (it counts more than
   * `refusals`) or has not taken them after `withinMs`.
   */
  async clustersTaken(version: string, refusals: number, withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    let last = "it does not answer";
    for (;;) {
      const state = await this.#clusterState().catch(() => undefined);
      if (state !== undefined) {
        if (state.version === version && state.warming === 0) return;
        if (state.refusals > refusals) throw new Error("Envoy refuses the new clusters: see its log");
        last = state.version === version ? `${state.warming} clusters are not warm` : "it has the old ones";
      }
      if (performance.now() > deadline)
        throw new Error(`Envoy has not taken the new clusters after ${withinMs / 1000} s: ${last}`);
      await delay(pollMs);
    }
  }

  async #clusterState(): Promise<ClusterState> {
    const filter =
      "^cluster_manager\\.(cds\\.(update_rejected|update_failure|version_text)|warming_clusters)$";
    const text = await this.get(`/stats?filter=${encodeURIComponent(filter)}`);
    const lines = text.split("\n");
    const value = (name: string): string | undefined => {
      const start = `cluster_manager.${name}: `;
      return lines.find((line) => line.startsWith(start))?.slice(start.length);
    };
    const count = (name: string): number => Number(value(name) ?? 0);
    return {
      version: JSON.parse(value("cds.version_text") ?? '""') as string,
      warming: count("warming_clusters"),
      refusals: count("cds.update_rejected") + count("cds.update_failure"),
    };
  }

  #ask(method: "GET" | "POST", path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = request({ ...this.#target(path), method, timeout: answerTimeoutMs }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          text += part;
          if (text.length > answerBytesMax) sent.destroy(new Error("Envoy's admin interface says too much"));
        });
        response.once("error", reject);
        response.once("end", () => {
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`Envoy's admin interface answers ${response.statusCode} to ${path}`));
        });
      });
      sent.once("timeout", () => sent.destroy(new Error("Envoy's admin interface does not answer")));
      sent.once("error", reject);
      sent.end();
    });
  }

  #target(path: string): { readonly [option: string]: string } {
    if ("socketPath" in this.#address) return { socketPath: this.#address.socketPath, path };
    const { hostname, port } = new URL(this.#address.url);
    return { hostname: hostname.replace(/^\[|\]$/g, ""), port, path };
  }
}

/** Where Envoy counts the updates of each kind, in the order in which it takes them. */
const discoveries = {
  clusters: "cluster_manager.cds",
  listener: "listener_manager.lds",
  routes: "http.tollgate.rds.tollgate",
} as const;

/** Progress of an Envoy with its first configuration; kinds are `clusters`, `listener` and `routes`. */
export interface Startup {
  readonly refused: string | undefined;
  readonly missing: string | undefined;
}

interface ClusterState {
  readonly version: string;
  /** Clusters not in use yet: their addresses are being looked up. */
  readonly warming: number;
  readonly refusals: number;
}
