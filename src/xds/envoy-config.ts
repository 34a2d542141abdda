import { join } from "node:path";
import type { Snapshot } from "../config/snapshot.ts";
import type { EnvoyAdmin } from "./envoy-admin.ts";
import type { EnvoyInput } from "./envoy-input.ts";
import { publish, publishClusters } from "./publish.ts";

const takenWithinMs = 10_000;
const retireEveryMs = 1_000;

/** What Envoy's configuration is kept in step with. */
export interface EnvoyConfigOptions {
  /** Where Envoy's files lie; absolute. */
  readonly folder: string;
  readonly inputOf: (snapshot: Snapshot) => EnvoyInput;
  /** The oldest config that an open exchange is pinned to. */
  readonly oldestInUse: () => Snapshot;
}

/** Envoy's files over a gateway's life. A backend's cluster stays until the last exchange that could go there has ended. */
export class EnvoyConfig {
  readonly bootstrap: string;
  readonly #options: EnvoyConfigOptions;
  /** Configs that exchanges may be pinned to, oldest first; the last is the running one. */
  #inUse: readonly [Snapshot, ...Snapshot[]];
  #timer: NodeJS.Timeout | undefined;

  /** Writes everything: Envoy may start now. */
  constructor(snapshot: Snapshot, options: EnvoyConfigOptions) {
    this.#options = options;
    this.#inUse = [snapshot];
    this.bootstrap = join(options.folder, "bootstrap.json");
    publish(options.inputOf(snapshot), options.folder);
  }

  /**
   * Takes a new config: the clusters of all configs in use, and once Envoy has them, its routes and listeners. Then plans may name the new
   * clusters. When Envoy does not take them, the files are as before and it rejects.
   */
  async take(next: Snapshot, admin: EnvoyAdmin): Promise<void> {
    const { folder } = this.#options;
    const refusals = (await admin.clusterRefusals()) ?? 0;
    const before = this.#inUse;
    this.#inUse = [...before, next];
    try {
      publishClusters(this.#input(), folder);
      await admin.clustersTaken(next.version, refusals, takenWithinMs);
    } catch (error) {
      this.#inUse = before;
      publishClusters(this.#input(), folder);
      throw error;
    }
    publish(this.#input(), folder);
    this.#timer ??= setInterval(() => this.#retire(), retireEveryMs).unref();
  }

  /** Writes everything anew, for an Envoy that is about to start. */
  rewrite(): void {
    publish(this.#input(), this.#options.folder);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Takes the clusters away that only ended exchanges could have gone to. */
  #retire(): void {
    const oldest = this.#inUse.indexOf(this.#options.oldestInUse());
    const [first, ...others] = this.#inUse.slice(Math.max(oldest, 0));
    if (first === undefined || oldest <= 0) return;
    this.#inUse = [first, ...others];
    publishClusters(this.#input(), this.#options.folder);
    if (others.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The running config's input, with the backends of older ones that it no longer has. */
  #input(): EnvoyInput {
    const inputs = this.#inUse.map(this.#options.inputOf);
    const newest = inputs[inputs.length - 1] ?? this.#options.inputOf(this.#inUse[0]);
    const backends = new Map(inputs.flatMap((input) => input.backends).map((one) => [one.name, one]));
    return { ...newest, backends: [...backends.values()] };
  }
}
