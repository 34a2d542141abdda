import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Listening TCP sockets have this state in /proc/net/tcp. */
const listening = "0A";

/** A process that has a socket. */
export interface SocketOwner {
  readonly pid: number;
  /** Its program's name, at most 15 characters as the kernel keeps it. */
  readonly program: string;
}

/**
 * The process that listens on a TCP port or a Unix socket's path. Undefined where that cannot be known: on systems without /proc, and for processes
 * of other users. Reads all of /proc, so it is for error messages only.
 */
export function findSocketOwner(
  socket: { readonly port: number } | { readonly path: string },
): SocketOwner | undefined {
  try {
    const inodes = "port" in socket ? tcpInodes(socket.port) : unixInodes(socket.path);
    const pid = inodes.size === 0 ? undefined : processWith(inodes);
    return pid === undefined ? undefined : { pid, program: readFileSync(`/proc/${pid}/comm`, "utf8").trim() };
  } catch {
    return undefined;
  }
}

function tcpInodes(port: number): ReadonlySet<string> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap(rowsOf);
  return new Set(
    rows.flatMap(([, local = "", , state, , , , , , inode = ""]) =>
      local.endsWith(wanted) && state === listening ? [inode] : [],
    ),
  );
}

function unixInodes(path: string): ReadonlySet<string> {
  return new Set(
    rowsOf("/proc/net/unix").flatMap(([, , , , , , inode = "", ...name]) =>
      name.join(" ") === path ? [inode] : [],
    ),
  );
}

function rowsOf(file: string): readonly (readonly string[])[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/));
  } catch {
    return [];
  }
}

function processWith(inodes: ReadonlySet<string>): number | undefined {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const pid = pids.find((one) =>
    linksOf(`/proc/${one}/fd`).some((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? "")),
  );
  return pid === undefined ? undefined : Number(pid);
}

/** Empty for a process that is gone, or another user's. */
function linksOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).map((name) => {
      try {
        return readlinkSync(`${folder}/${name}`);
      } catch {
        return "";
      }
    });
  } catch {
    return [];
  }
}
