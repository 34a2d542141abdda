import { unlink } from "node:fs/promises";
import { connect } from "node:net";

/**
 * Removes a Unix socket file that nobody listens on any more, as a killed process leaves it behind.
 * A socket that answers, and a file that is no socket, stay: listening on them then fails as it should.
 */
export async function removeStaleSocket(path: string): Promise<void> {
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
