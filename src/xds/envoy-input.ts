import type { EdgeAddress } from "../edge/edge.ts";

/** What Envoy's configuration is compiled from; a snapshot has all of it. */
export interface EnvoyInput {
  /** Becomes every resource's version, so that a publish can be confirmed. */
  readonly version: string;
  readonly listen: { readonly host: string; readonly port: number; readonly bodyLimitBytes: number };
  /** Where the ext_proc and access-log services are. */
  readonly edge: EdgeAddress;
  /** The token that those services ask of their callers. Undefined if only this user can reach them. */
  readonly edgeToken?: string;
  readonly backends: readonly EnvoyBackend[];
  /** The Unix socket of Envoy's admin interface, absolute. Undefined for a loopback port from the kernel. */
  readonly adminSocket?: string;
}

/** One backend as Envoy sees it: one cluster. */
export interface EnvoyBackend {
  readonly name: string;
  /** The cluster's name where it is not the backend's; Envoy's statistics and access log show the backend's all the same. */
  readonly cluster?: string;
  /** Origin decides address and TLS; the path is not Envoy's business. */
  readonly endpoint: URL;
  /** Longest wait for a connection, TLS included. Undefined for the default. */
  readonly connectTimeoutMs: number | undefined;
  readonly tls: {
    /** PEM file of the authorities to trust, as Envoy sees it. */
    readonly caFile: string;
    /** The authorities themselves, in PEM, in place of the file. */
    readonly caPem?: string | undefined;
    /** What to show the provider, in PEM. */
    readonly client?: { readonly certPem: string; readonly keyPem: string } | undefined;
    /** Name to ask for (SNI) and to verify, where it is not the endpoint's host. */
    readonly serverName: string | undefined;
  };
}

/** Tollgate as the router-level filter and the access logs ask it. A dot cannot occur first in a backend's name, so our clusters never collide. */
export const edgeCluster = ".tollgate";
/** Tollgate as upstream filters reach it: the same server, over a separate connection with other windows. */
export const upstreamEdgeCluster = ".tollgate-upstream";
/** A cluster without hosts: where a request goes that no plan has sent anywhere. */
export const rejectCluster = ".reject";
