import type { Snapshot } from "../config/snapshot.ts";
import { CommandFailure } from "./terminal.ts";

/** Waits for what listens to start. A port that another process has is told by its setting, and what to do. */
export async function startingGateway<T>(snapshot: Snapshot, starting: Promise<T>): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    throw listenFailure(error, snapshot) ?? error;
  }
}

function listenFailure(error: unknown, { listen, server, admin }: Snapshot): CommandFailure | undefined {
  const { code, port, message } = error as NodeJS.ErrnoException & { readonly port?: number };
  const { address: edge } = server;
  // Envoy says it in its log, which the error quotes.
  if (/cannot bind .*Address already in use/.test(message ?? ""))
    return inUse(`${listen.address.host}:${listen.address.port}`, "listen.address");
  if (code !== "EADDRINUSE") return undefined;
  if (edge.kind === "unix" && port === undefined) return inUse(edge.path, "server.address");
  if (edge.kind === "tcp" && edge.port === port) return inUse(`${edge.host}:${port}`, "server.address");
  if (admin.address.port === port) return inUse(`${admin.address.host}:${port}`, "admin.address");
  return undefined;
}

function inUse(address: string, setting: string): CommandFailure {
  return new CommandFailure(
    `${address} is in use by another process: end it, or set another ${setting} in the config`,
  );
}
