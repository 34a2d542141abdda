/**
 * Length in bits of every symbol's code, 0…255 and end-of-string (RFC 7541, appendix B). The code is canonical:
 * codes of one length are consecutive in the order of their symbols, so the lengths are the whole table.
 */
// biome-ignore format: a table
const codeLengths: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];

const endOfString = 256;

/**
 * The decoder as a state machine over half bytes: a state is an inner node of the code tree, and because the
 * shortest code has five bits, four bits yield at most one symbol. Entry `state * 16 + nibble` holds what follows.
 */
interface Machine {
  /** The next state, or {@link dead}. */
  readonly next: Int16Array;
  /** The symbol that this step yields, or -1. */
  readonly symbol: Int16Array;
  /** 1 where a string may end: at a symbol's end, or inside a prefix of end-of-string shorter than a byte. */
  readonly mayEnd: Uint8Array;
}

/** The state after end-of-string, which no valid string contains. */
const dead = -1;

const machine = buildMachine(buildTree());

/**
 * Decodes a Huffman-coded string into `target`, which must have room for 8/5 of the input.
 * Returns the number of bytes written, or -1 when the input is not a valid string.
 */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number, target: Uint8Array): number {
  const { next, symbol, mayEnd } = machine;
  let state = 0;
  let written = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    for (let shift = 4; shift >= 0; shift -= 4) {
      const step = state * 16 + ((byte >> shift) & 15);
      state = next[step] ?? dead;
      if (state === dead) return -1;
      const decoded = symbol[step] ?? -1;
      if (decoded >= 0) target[written++] = decoded;
    }
  }
  return mayEnd[state] === 1 ? written : -1;
}

/** An inner node: its two children, each another inner node, `~symbol` for a leaf, or 0 while the tree is being built. */
type Node = [number, number];

function buildTree(): Node[] {
  const order = codeLengths.map((_, symbol) => symbol);
  order.sort((a, b) => lengthOf(a) - lengthOf(b) || a - b);
  const nodes: Node[] = [[0, 0]];
  let code = -1;
  let length = 5;
  for (const symbol of order) {
    code = (code + 1) << (lengthOf(symbol) - length);
    length = lengthOf(symbol);
    addLeaf(nodes, code, length, symbol);
  }
  return nodes;
}

function addLeaf(nodes: Node[], code: number, length: number, symbol: number): void {
  let at = 0;
  for (let bit = length - 1; bit > 0; bit--) {
    const node = nodes[at] as Node;
    const side = (code >> bit) & 1;
    if (node[side] === 0) node[side] = nodes.push([0, 0]) - 1;
    at = node[side] as number;
  }
  (nodes[at] as Node)[code & 1] = ~symbol;
}

function buildMachine(nodes: readonly Node[]): Machine {
  const next = new Int16Array(nodes.length * 16);
  const symbol = new Int16Array(nodes.length * 16).fill(-1);
  for (let state = 0; state < nodes.length; state++) {
    for (let nibble = 0; nibble < 16; nibble++) {
      const step = state * 16 + nibble;
      let at = state;
      for (let bit = 3; bit >= 0 && at !== dead; bit--) {
        const child = nodes[at]?.[(nibble >> bit) & 1] ?? 0;
        if (child >= 0) at = child;
        else if (~child === endOfString) at = dead;
        else {
          symbol[step] = ~child;
          at = 0;
        }
      }
      next[step] = at;
    }
  }
  return { next, symbol, mayEnd: paddingStates(nodes) };
}

/** Padding is the most significant bits of end-of-string, all ones, and at most seven of them. */
function paddingStates(nodes: readonly Node[]): Uint8Array {
  const mayEnd = new Uint8Array(nodes.length);
  let at = 0;
  for (let bits = 0; bits < 8; bits++) {
    mayEnd[at] = 1;
    at = nodes[at]?.[1] ?? 0;
  }
  return mayEnd;
}

function lengthOf(symbol: number): number {
  return codeLengths[symbol] ?? 0;
}
