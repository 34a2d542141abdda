import { chmod, mkdir, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";

/** Makes a path ready for a Unix socket: its folder, for this user alone where it is missing, and no stale socket in its place. */
export async function prepareSocketPath(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await removeStaleSocket(path);
}

/** Lets only this user connect to a Unix socket, whatever the umask: whoever can is taken for Envoy. */
export function keepSocketPrivate(path: string): Promise<void> {
  return chmod(path, 0o600);
}

/**
 * Removes a Unix socket file that nobody listens on any more, as a killed process leaves it behind.
 * A socket that answers, and a file that is no socket, stay: listening on them then fails as it should.
 */
async function removeStaleSocket(path: string): Promise<void> {
  if (await isRefused(path)) await unlink(path).catch(() => undefined);
}

function isRefused(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(false);
    });
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED"));
  });
}
