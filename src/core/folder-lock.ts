import { createHash } from "node:crypto";
import { mkdir, open, realpath, rmdir, stat, unlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A Unix socket's path may not be longer, on any system. */
const socketPathBytesMax = 100;
const answerTimeoutMs = 1_000;
const takeOverTimeoutMs = 15_000;
/** A take-over lasts milliseconds: a guard this old was left by a process that died inside one. */
const guardStaleMs = 10_000;
const pollMs = 20;

/** Keeps other processes of this machine out of a folder until it is closed, or this process is gone, however it went. */
export interface FolderLock {
  close(): Promise<void>;
}

/** The folder belongs to another running process. */
export class FolderInUseError extends Error {
  override readonly name = "FolderInUseError";
  /** The content of the folder in messages, e.g. `ledger`. */
  readonly what: string;

  /** `pid` is undefined where the owner did not answer. */
  constructor(what: string, folder: string, pid: number | undefined) {
    const owner = pid === undefined ? "another process" : `process ${pid}`;
    super(`the ${what} in ${folder} is in use by ${owner}`);
    this.what = what;
  }
}

/**
 * Locks a folder for this process, creating it if missing. Throws {@link FolderInUseError} when another process has it.
 *
 * The lock is a Unix socket inside the folder: it works under every name of the folder and from every container that mounts it, only a
 * live owner accepts connections, and the owner answers with its pid. No pid file can be mistaken for a live one.
 */
export async function lockFolder(folder: string, what: string, name = "lock"): Promise<FolderLock> {
  await mkdir(folder, { recursive: true });
  const socket = await placeSocket(folder, name);
  try {
    const taken = await takeSocket(socket.path);
    if (!("server" in taken)) throw new FolderInUseError(what, folder, taken.pid);
    let closing: Promise<void> | undefined;
    return {
      close() {
        closing ??= release(taken.server, socket);
        return closing;
      },
    };
  } catch (error) {
    await socket.close();
    throw error;
  }
}

async function release(server: Server, socket: SocketPlace): Promise<void> {
  await new Promise((done) => server.close(done));
  await socket.close();
}

interface SocketPlace {
  readonly path: string;
  close(): Promise<void>;
}

/** In the folder itself; where its path is too long for a socket, through an open descriptor of the folder. */
async function placeSocket(folder: string, name: string): Promise<SocketPlace> {
  const real = await realpath(folder);
  const path = join(real, `${name}.sock`);
  if (Buffer.byteLength(path) <= socketPathBytesMax) return { path, close: async () => {} };
  if (process.platform === "linux") {
    const handle = await open(real, "r");
    return { path: `/proc/self/fd/${handle.fd}/${name}.sock`, close: () => handle.close() };
  }
  // The same for every user and environment, unlike os.tmpdir().
  const digest = createHash("sha256").update(path).digest("hex").slice(0, 24);
  return { path: `/tmp/tollgate-${digest}.sock`, close: async () => {} };
}

/** The lock's server, or who has it. */
type Taken = { readonly server: Server } | { readonly pid: number | undefined };

async function takeSocket(path: string): Promise<Taken> {
  const deadline = performance.now() + takeOverTimeoutMs;
  for (;;) {
    const server = await listen(path);
    if (server !== undefined) return { server };
    const owner = await askOwner(path);
    if (owner !== "gone") return owner;
    const successor = await takeOver(path);
    if (successor !== undefined) return { server: successor };
    if (performance.now() > deadline)
      throw new Error(`the lock ${path} is left behind and cannot be removed`);
    await delay(pollMs);
  }
}

/** Undefined when something is at the path already. */
function listen(path: string): Promise<Server | undefined> {
  return new Promise((done, fail) => {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.end(`${process.pid}\n`, () => socket.destroy());
    }).unref();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? done(undefined) : fail(error),
    );
    server.listen(path, () => done(server));
  });
}

/** The pid that the socket's owner tells; a killed owner leaves its socket behind, and nobody accepts. */
function askOwner(path: string): Promise<"gone" | { readonly pid: number | undefined }> {
  return new Promise((done) => {
    let text = "";
    const probe = connect(path);
    probe.setTimeout(answerTimeoutMs, () => probe.destroy());
    probe.setEncoding("utf8").on("data", (part: string) => {
      text = (text + part).slice(0, 20);
    });
    probe.once("error", ({ code }: NodeJS.ErrnoException) => {
      if (code === "ECONNREFUSED" || code === "ENOENT" || code === "ENOTSOCK") done("gone");
    });
    probe.once("close", () => done({ pid: /^\d+\n/.test(text) ? Number.parseInt(text, 10) : undefined }));
  });
}

/** Replaces a socket that nobody listens on. One process at a time: another's new socket must not be taken for the old one. */
async function takeOver(path: string): Promise<Server | undefined> {
  const guard = `${path}.guard`;
  if (!(await enter(guard))) return undefined;
  try {
    if ((await askOwner(path)) !== "gone") return undefined;
    await unlink(path).catch(() => undefined);
    return await listen(path);
  } finally {
    await rmdir(guard).catch(() => undefined);
  }
}

async function enter(guard: string): Promise<boolean> {
  try {
    await mkdir(guard);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const { mtimeMs } = await stat(guard).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > guardStaleMs) await rmdir(guard).catch(() => undefined);
    return false;
  }
}
