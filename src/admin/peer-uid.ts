import { open } from "node:fs/promises";
import type { Socket } from "node:net";
import { endianness } from "node:os";

/** The kernel's tables of TCP sockets (https://docs.kernel.org/networking/proc_net_tcp.html); Linux alone has them. */
const tables = ["/proc/net/tcp", "/proc/net/tcp6"] as const;
/** A table is read this far: some 50,000 connections. */
const tableBytesMax = 8 << 20;
const pieceBytes = 65_536;
/** The kernel's id for users unknown to this user namespace, unless `/proc/sys/kernel/overflowuid` says otherwise. */
const overflowUid = 65_534;

/** True if an address is the machine's own, in either family. */
export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/.test(address);
}

/**
 * Tells which user has the other end of loopback connections, by the kernel's socket tables. One look-up runs at a time, off the
 * event loop; each connection is looked up once.
 */
export class PeerUids {
  readonly #known = new WeakMap<Socket, Promise<number | undefined>>();
  readonly #tables: readonly string[];
  #last: Promise<unknown> = Promise.resolve();

  /** `paths`: the tables to read, for tests. */
  constructor(paths: readonly string[] = tables) {
    this.#tables = paths;
  }

  /** The user's id; undefined for a peer that is elsewhere or gone, and where there are no such tables. Never rejects. */
  of(socket: Socket): Promise<number | undefined> {
    const known = this.#known.get(socket);
    if (known !== undefined) return known;
    const looked = this.#last.then(() => this.#look(socket)).catch(() => undefined);
    this.#last = looked;
    this.#known.set(socket, looked);
    return looked;
  }

  async #look(socket: Socket): Promise<number | undefined> {
    const { remoteAddress, remotePort, localAddress, localPort, destroyed } = socket;
    if (destroyed || remotePort === undefined || localPort === undefined) return undefined;
    if (!isLoopback(remoteAddress) || !isLoopback(localAddress)) return undefined;
    const rows = [4, 16].flatMap((length) => {
      const [peer, own] = [bytesOf(remoteAddress, length), bytesOf(localAddress, length)];
      if (peer === undefined || own === undefined) return [];
      return [`${shown(peer, remotePort)} ${shown(own, localPort)} ${established} `];
    });
    for (const path of this.#tables) {
      const uid = await findUid(path, rows);
      if (uid !== undefined) return uid === overflowUid ? undefined : uid;
    }
    return undefined;
  }
}

/** A socket's state; in the later ones, when its process has closed it, the kernel shows it as root's. */
const established = "01";

async function findUid(path: string, rows: readonly string[]): Promise<number | undefined> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const piece = Buffer.allocUnsafe(pieceBytes);
    let rest = "";
    for (let bytes = 0; bytes < tableBytesMax; ) {
      const { bytesRead } = await file.read(piece, 0, pieceBytes);
      if (bytesRead === 0) return undefined;
      bytes += bytesRead;
      const text = rest + piece.toString("latin1", 0, bytesRead);
      const lineEnd = text.lastIndexOf("\n") + 1;
      const uid = uidIn(text.slice(0, lineEnd), rows);
      if (uid !== undefined) return uid;
      rest = text.slice(lineEnd);
    }
    return undefined;
  } finally {
    await file.close();
  }
}

/** Behind the state come two queues, a timer, and retransmissions; then the uid, a timeout, and the inode, which is 0 for a socket without a process. */
function uidIn(lines: string, rows: readonly string[]): number | undefined {
  for (const row of rows) {
    const at = lines.indexOf(row);
    if (at < 0) continue;
    const [, , , uid, , inode] = lines
      .slice(at + row.length, lines.indexOf("\n", at))
      .trim()
      .split(/ +/);
    if (inode !== undefined && inode !== "0" && /^\d+$/.test(uid ?? "")) return Number(uid);
  }
  return undefined;
}

/** A loopback address as 4 bytes, or as 16; undefined where it has no such form. */
function bytesOf(address: string | undefined, length: number): readonly number[] | undefined {
  const four = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/
    .exec(address ?? "")
    ?.slice(1)
    .map(Number);
  if (length === 4) return four;
  if (four !== undefined) return [...new Array<number>(10).fill(0), 0xff, 0xff, ...four];
  return [...new Array<number>(15).fill(0), 1];
}

/** An address and port as the tables show them: words of four bytes in the machine's order, the port in the network's. */
function shown(bytes: readonly number[], port: number): string {
  const words = Array.from({ length: bytes.length / 4 }, (_, word) => bytes.slice(4 * word, 4 * word + 4));
  const ordered = words.flatMap((word) => (endianness() === "LE" ? word.reverse() : word));
  return `${ordered.map((byte) => hex(byte, 2)).join("")}:${hex(port, 4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}
