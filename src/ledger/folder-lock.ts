import { createHash } from "node:crypto";
import { mkdir, unlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { GatewayError } from "../core/errors.ts";

/** A Unix socket's path may not be longer, on any system. */
const longestSocketPath = 100;

/** Keeps other processes of this machine out of a folder until it is closed, or this process is gone, however it went. */
export interface FolderLock {
  close(): Promise<void>;
}

/** Takes a folder, made when missing, for this process alone. Throws `ledger_unavailable` when another has it. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  await mkdir(folder, { recursive: true });
  const path = socketPath(resolve(folder));
  const server = (await listen(path)) ?? ((await isDeserted(path)) ? await relisten(path) : undefined);
  if (server === undefined)
    throw new GatewayError("ledger_unavailable", `the ledger in ${folder} is in use by another process`);
  return { close: () => new Promise((done) => server.close(() => done())) };
}

/** In the folder itself; where that is too long, by its digest in the system's folder for such things. */
function socketPath(folder: string): string {
  const path = join(folder, "lock.sock");
  if (path.length <= longestSocketPath) return path;
  const digest = createHash("sha256").update(folder).digest("hex").slice(0, 24);
  return join(tmpdir(), `tollgate-ledger-${digest}.sock`);
}

/** Undefined when something is at the path already. */
function listen(path: string): Promise<Server | undefined> {
  return new Promise((done, fail) => {
    const server = createServer((socket) => socket.destroy()).unref();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? done(undefined) : fail(error),
    );
    server.listen(path, () => done(server));
  });
}

/** A killed process leaves its socket behind, and nobody answers. */
function isDeserted(path: string): Promise<boolean> {
  return new Promise((done) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      done(false);
    });
    probe.once("error", ({ code }: NodeJS.ErrnoException) =>
      done(code === "ECONNREFUSED" || code === "ENOTSOCK"),
    );
  });
}

async function relisten(path: string): Promise<Server | undefined> {
  await unlink(path).catch(() => undefined);
  return await listen(path);
}
