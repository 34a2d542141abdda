import { once } from "node:events";
import { renameSync } from "node:fs";
import { createServer } from "node:net";

/** A socket file without a listener, as after SIGKILL. */
export async function leaveSocketBehind(path: string): Promise<void> {
  const owner = createServer();
  owner.listen(`${path}.live`);
  await once(owner, "listening");
  renameSync(`${path}.live`, path);
  owner.close();
  await once(owner, "close");
}
