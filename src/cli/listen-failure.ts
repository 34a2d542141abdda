import type { Snapshot } from "../config/snapshot.ts";
import { FolderInUseError } from "../core/folder-lock.ts";
import { findSocketOwner } from "../core/socket-owner.ts";
import { CommandFailure } from "./terminal.ts";

/** The remedy for a folder that another gateway has, by the folder's name in messages. */
const remedies: Readonly<Record<string, string>> = {
  ledger: "set another ledger.path in the config",
  "usage log": "set another usage.log in the config",
  "run folder": "name another one with --run-dir",
  "Envoy files": "name another folder with --envoy-files",
};

/**
 * Waits for the listeners to start. A port or file that another process has, or that may not be written, is reported with its setting and a remedy.
 */
export async function startingGateway<T>(snapshot: Snapshot, starting: Promise<T>): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    throw folderFailure(error) ?? listenFailure(error, snapshot) ?? permissionFailure(error) ?? error;
  }
}

function folderFailure(error: unknown): CommandFailure | undefined {
  const cause = error instanceof Error && error.cause instanceof FolderInUseError ? error.cause : error;
  if (!(cause instanceof FolderInUseError)) return undefined;
  return new CommandFailure(`${cause.message}: end it, or ${remedies[cause.what] ?? "name another folder"}`);
}

function listenFailure(error: unknown, { listen, server, admin }: Snapshot): CommandFailure | undefined {
  const { code, port, message } = error as NodeJS.ErrnoException & { readonly port?: number };
  const { address: edge } = server;
  // Envoy says it in its log, which the error quotes.
  if (/cannot bind .*Address already in use/.test(message ?? ""))
    return inUse(listen.address, "listen.address");
  if (code !== "EADDRINUSE") return undefined;
  if (edge.kind === "unix" && port === undefined) return inUse(edge, "server.address");
  if (edge.kind === "tcp" && edge.port === port) return inUse(edge, "server.address");
  if (admin.address.port === port) return inUse(admin.address, "admin.address");
  const { healthAddress } = admin;
  if (healthAddress !== undefined && healthAddress.port === port)
    return inUse(healthAddress, "admin.healthAddress");
  return undefined;
}

type Address = { readonly path: string } | { readonly host: string; readonly port: number };

function inUse(address: Address, setting: string): CommandFailure {
  const owner = findSocketOwner(address);
  const by = owner === undefined ? "another process" : `process ${owner.pid} (${owner.program})`;
  const place = "path" in address ? address.path : formatAddress(address);
  return new CommandFailure(`${place} is in use by ${by}: end it, or set another ${setting} in the config`);
}

function formatAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function permissionFailure(error: unknown): CommandFailure | undefined {
  const { code, path } = error as NodeJS.ErrnoException;
  if (path === undefined || (code !== "EACCES" && code !== "EROFS" && code !== "EPERM")) return undefined;
  return new CommandFailure(
    `${path} cannot be written (${code}): set server.address, ledger.path and usage.log in the config, and --run-dir, to places that this user may write to`,
  );
}
