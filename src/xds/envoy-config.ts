import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Snapshot } from "../config/snapshot.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import type { EnvoyAdmin } from "./envoy-admin.ts";
import type { EnvoyBackend, EnvoyInput } from "./envoy-input.ts";
import { publish, publishClusters } from "./publish.ts";

const takenWithinMs = 10_000;
const retireEveryMs = 1_000;
/** Clusters of earlier configs that Envoy keeps, at most; the first ones replaced go first. */
const oldClustersMax = 256;
/** The longest that one of them is kept, whoever may still be using it. */
const oldClusterMaxMs = 3_600_000;

/** What Envoy's configuration is kept in step with. */
export interface EnvoyConfigOptions {
  /** Where Envoy's files lie; absolute. */
  readonly folder: string;
  readonly inputOf: (snapshot: Snapshot) => EnvoyInput;
  /** The configs that open exchanges are pinned to. */
  readonly inUse: () => Iterable<Snapshot>;
  /** Tells how long clusters have been old; the machine's by default. */
  readonly clock?: Clock;
}

type Clusters = ReadonlyMap<string, EnvoyBackend>;

/**
 * Envoy's files over a gateway's life. A cluster that a new config no longer has stays until the last exchange that could go there has
 * ended. If it outstays the bounds it is removed: attempts under way go on, and a later one of theirs finds no cluster, never another one.
 */
export class EnvoyConfig {
  readonly bootstrap: string;
  readonly #options: EnvoyConfigOptions;
  #snapshot: Snapshot;
  /** The input of the running config. */
  #input: EnvoyInput;
  /** By name, and since when they are not needed any more, the first of them first. */
  #old: ReadonlyMap<string, { readonly backend: EnvoyBackend; readonly sinceMs: number }> = new Map();
  /** Clusters that Envoy has. */
  #taken: Clusters;
  #writes = 0;
  #publishing = false;
  #timer: NodeJS.Timeout | undefined;

  /** Writes everything: Envoy may start now. */
  constructor(snapshot: Snapshot, options: EnvoyConfigOptions) {
    this.#options = options;
    this.#snapshot = snapshot;
    this.#input = options.inputOf(snapshot);
    this.#taken = clustersOf(this.#input);
    this.bootstrap = join(options.folder, "bootstrap.json");
    publish(this.#input, options.folder);
  }

  /**
   * Makes Envoy ready for a new config: resolves once Envoy has a cluster for each backend that plans may name, at once if it has them all.
   * When Envoy does not take them, the files are as before and it rejects.
   */
  async take(next: Snapshot, admin: () => EnvoyAdmin): Promise<void> {
    const input = this.#options.inputOf(next);
    if (!this.#has(input)) await this.#publish(input, admin());
    this.#snapshot = next;
    this.#replaceWith(input);
  }

  /** Writes everything anew, for an Envoy that is about to start. */
  rewrite(): void {
    this.#input = this.#options.inputOf(this.#snapshot);
    publish({ ...this.#input, backends: [...this.#taken.values()] }, this.#options.folder);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #nowMs(): number {
    return (this.#options.clock ?? systemClock).monotonicMs();
  }

  #has(input: EnvoyInput): boolean {
    return [...clustersOf(input)].every(([name, backend]) =>
      isDeepStrictEqual(this.#taken.get(name), backend),
    );
  }

  async #publish(input: EnvoyInput, admin: EnvoyAdmin): Promise<void> {
    const refusals = await admin.clusterRefusals();
    // An Envoy that is starting would begin with the new files, and with no clusters at all if they were bad.
    if (refusals === undefined) throw new Error("Envoy does not answer on its admin interface");
    const clusters = new Map([...this.#taken, ...clustersOf(input)]);
    this.#publishing = true;
    try {
      await admin.clustersTaken(this.#write(clusters, input.version), refusals, takenWithinMs);
    } catch (error) {
      this.#write(this.#taken, this.#input.version);
      throw error;
    } finally {
      this.#publishing = false;
    }
    this.#taken = clusters;
  }

  #replaceWith(input: EnvoyInput): void {
    const sinceMs = this.#nowMs();
    const needed = clustersOf(input);
    const old = new Map(this.#old);
    for (const [name, backend] of clustersOf(this.#input)) old.set(name, { backend, sinceMs });
    for (const name of needed.keys()) old.delete(name);
    this.#old = old;
    this.#input = input;
    if (old.size > 0) this.#timer ??= setInterval(() => this.#retire(), retireEveryMs).unref();
  }

  /** Takes the clusters away that only ended exchanges could have gone to. */
  #retire(): void {
    // The config being published is already in the files.
    if (this.#publishing) return;
    const inUse = new Set<string>();
    for (const snapshot of this.#options.inUse())
      for (const { cluster } of snapshot.backends.values()) inUse.add(cluster);
    const earliestMs = this.#nowMs() - oldClusterMaxMs;
    const kept = [...this.#old]
      .filter(([name, { sinceMs }]) => inUse.has(name) && sinceMs > earliestMs)
      .slice(-oldClustersMax);
    if (kept.length === this.#old.size) return;
    this.#old = new Map(kept);
    const old = kept.map(([name, { backend }]) => [name, backend] as const);
    this.#taken = new Map([...old, ...clustersOf(this.#input)]);
    this.#write(this.#taken, this.#input.version);
    if (kept.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Returns the version that Envoy says once it has taken these clusters: no two writes have the same. */
  #write(clusters: Clusters, configVersion: string): string {
    this.#writes += 1;
    const version = `${configVersion}.${this.#writes}`;
    publishClusters({ ...this.#input, version, backends: [...clusters.values()] }, this.#options.folder);
    return version;
  }
}

function clustersOf({ backends }: EnvoyInput): Clusters {
  return new Map(backends.map((backend) => [backend.cluster ?? backend.name, backend]));
}
