// Writes assets/vocabularies/: each rank table of js-tiktoken as a trie that src/tokens/engine/vocabulary.ts expands with one read.
// Usage: node scripts/build-vocabularies.mjs [FOLDER]. The output depends on nothing but js-tiktoken's version and Unicode's.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import cl100kBase from "js-tiktoken/ranks/cl100k_base";
import o200kBase from "js-tiktoken/ranks/o200k_base";

/** Tokens by rank, as strings of one char a byte; js-tiktoken packs them as lines `! FIRST_RANK BASE64 BASE64 …`. */
function tokensOf(table) {
  const tokens = [];
  for (const line of table.bpe_ranks.split("\n")) {
    const [, first, ...encoded] = line.split(" ");
    let rank = Number(first);
    for (const text of encoded) tokens[rank++] = Buffer.from(text, "base64").toString("latin1");
  }
  for (let rank = 0; rank < tokens.length; rank++)
    if (!tokens[rank]) throw new Error(`no token of rank ${rank}`);
  return tokens;
}

/** The file's bytes; the order of the sections is the contract with vocabulary.ts. */
function vocabularyFile(tokens) {
  const ranks = new Map(tokens.map((token, rank) => [token, rank]));
  const sorted = tokens.toSorted((a, b) => (a < b ? -1 : 1));
  const root = trieOf(sorted);
  const { rootBase, slots } = place(root);
  const columns = { ranks: [], rights: [], highs: [], shared: [], lengths: [], lefts: [], suffixes: [] };
  let previous = "";
  for (const token of sorted) {
    const rank = ranks.get(token);
    const [left, right] = splitOf(token, ranks);
    const shared = sharedPrefix(previous, token);
    columns.ranks.push(rank & 0xffff);
    columns.rights.push(right & 0xffff);
    columns.highs.push((rank >>> 16) | ((right >>> 16) << 4));
    columns.shared.push(shared);
    columns.lengths.push(token.length);
    columns.lefts.push(left);
    for (let i = shared; i < token.length; i++) columns.suffixes.push(token.charCodeAt(i));
    previous = token;
  }
  const bases = [];
  visit(root, (node) => node !== root && node.children.size > 0 && bases.push(node.base));
  const header = [0x31564754, tokens.length, slots, rootBase, bases.length, columns.suffixes.length];
  return sections([
    Uint32Array.from(header),
    Uint16Array.from(columns.ranks),
    Uint16Array.from(columns.rights),
    Uint16Array.from(bases, (base) => base & 0xffff),
    Uint8Array.from(bases, (base) => base >>> 16),
    Uint8Array.from(columns.highs),
    Uint8Array.from(columns.shared),
    Uint8Array.from(columns.lengths),
    Uint8Array.from(columns.lefts),
    Uint8Array.from(columns.suffixes),
  ]);
}

/**
 * The last merge that makes a token: the length of its left part and the rank of its right part (0 and its own rank for a byte).
 * Plain byte-pair encoding with every lower rank, so that it shares nothing with the engine it feeds.
 */
function splitOf(token, ranks) {
  const own = ranks.get(token);
  const parts = [...token];
  while (parts.length > 2) {
    let best = own;
    let at = -1;
    for (let i = 0; i + 1 < parts.length; i++) {
      const rank = ranks.get(parts[i] + parts[i + 1]);
      if (rank !== undefined && rank < best) [best, at] = [rank, i];
    }
    if (at < 0) throw new Error(`token ${own} is not reachable by merges`);
    parts.splice(at, 2, parts[at] + parts[at + 1]);
  }
  return parts.length === 1 ? [0, own] : [parts[0].length, ranks.get(parts[1])];
}

function trieOf(sorted) {
  const root = { children: new Map(), base: 0 };
  for (const token of sorted) {
    let node = root;
    for (let i = 0; i < token.length; i++) {
      const label = token.charCodeAt(i);
      if (!node.children.has(label)) node.children.set(label, { children: new Map(), base: 0 });
      node = node.children.get(label);
    }
  }
  return root;
}

/** Calls back for every node, parents first and children by label: the order in which the tokens' suffixes name them. */
function visit(node, each) {
  each(node);
  for (const child of node.children.values()) visit(child, each);
}

/**
 * Gives every inner node a base, so that its child by `label` sits in slot `base ^ label` of one array and no two nodes share a slot or
 * a base. Base 0 belongs to no node: a leaf has it, and finds no child there. Nodes with many children choose first.
 */
function place(root) {
  const inner = [];
  visit(root, (node) => node.children.size > 0 && inner.push(node));
  const free = new FreeSlots(1 << 20);
  const used = new Uint8Array(1 << 20);
  used[0] = 1;
  let slots = 0;
  for (const node of inner.toSorted((a, b) => b.children.size - a.children.size)) {
    const labels = [...node.children.keys()];
    const fits = (slot) => {
      const base = slot ^ labels[0];
      return used[base] === 0 && labels.every((label) => free.has(base ^ label));
    };
    const base = free.find(fits) ^ labels[0];
    for (const label of labels) free.take(base ^ label);
    used[base] = 1;
    node.base = base;
    slots = Math.max(slots, (base | 0xff) + 1);
  }
  return { rootBase: root.base, slots };
}

/** Free slots in rising order, as a linked list. A slot that was refused often is forgotten, which keeps the search short. */
class FreeSlots {
  constructor(size) {
    this.next = Int32Array.from({ length: size }, (_, slot) => slot + 1);
    this.previous = Int32Array.from({ length: size }, (_, slot) => slot - 1);
    this.taken = new Uint8Array(size);
    this.refusals = new Uint16Array(size);
    this.take(0);
  }
  has(slot) {
    return this.taken[slot] === 0;
  }
  find(fits) {
    let slot = this.next[0];
    while (!fits(slot)) {
      if (++this.refusals[slot] === 1000) this.unlink(slot);
      slot = this.next[slot];
    }
    return slot;
  }
  take(slot) {
    this.taken[slot] = 1;
    if (slot > 0 && this.refusals[slot] < 1000) this.unlink(slot);
  }
  unlink(slot) {
    this.next[this.previous[slot]] = this.next[slot];
    this.previous[this.next[slot]] = this.previous[slot];
  }
}

/**
 * Classes of all code points as ranges [first, last, class]. The reference tokenizers split by Unicode 16; what Unicode 17 added is
 * taken back, so that a runtime of either version writes the same file.
 */
function unicodeFile() {
  const added =
    "88f c5c cdc 1acf-1add 1ae0-1aeb a7ce-a7cf a7d2 a7d4 a7f1 10940-10959 10ec5-10ec7 10efa-10efb 11b60-11b67 11db0-11ddb 11de0-11de9 " +
    "16ea0-16eb8 16ebb-16ed3 16ff2-16ff6 187f8-187ff 18d09-18d1e 18d80-18df2 1e6c0-1e6de 1e6e0-1e6f5 1e6fe-1e6ff 2b73a-2b73f 2cead " +
    "323b0-33479";
  const isAdded = new Set();
  for (const range of added.split(" ")) {
    const [first, last = first] = range.split("-").map((text) => Number.parseInt(text, 16));
    for (let codePoint = first; codePoint <= last; codePoint++) isAdded.add(codePoint);
  }
  const ranges = [];
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
    const kind = isAdded.has(codePoint) ? 0 : classOf(codePoint);
    const last = ranges.at(-1);
    if (kind === 0) continue;
    if (last?.[1] === codePoint - 1 && last[2] === kind) last[1] = codePoint;
    else ranges.push([codePoint, codePoint, kind]);
  }
  return sections([Uint32Array.of(0x31435554, ranges.length), Uint32Array.from(ranges.flat())]);
}

/** The numbers are those of src/tokens/pieces/char-class.ts. White space is Unicode's property, which is not quite what JavaScript's `\s` takes. */
function classOf(codePoint) {
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return 0;
  const char = String.fromCodePoint(codePoint);
  if (/[\p{Lu}\p{Lt}]/u.test(char)) return 1;
  if (/\p{Ll}/u.test(char)) return 2;
  if (/[\p{Lm}\p{Lo}]/u.test(char)) return 3;
  if (/\p{M}/u.test(char)) return 4;
  if (/\p{N}/u.test(char)) return 5;
  if (char === " ") return 7;
  if (char === "\n" || char === "\r") return 8;
  if (/\p{White_Space}/u.test(char)) return 6;
  if (char === "/") return 9;
  return char === "'" ? 10 : 0;
}

function sections(arrays) {
  const parts = arrays.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength));
  return Buffer.concat(parts);
}

function sharedPrefix(a, b) {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

const folder = process.argv[2] ?? fileURLToPath(new URL("../assets/vocabularies/", import.meta.url));
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/o200k_base.bin`, vocabularyFile(tokensOf(o200kBase)));
writeFileSync(`${folder}/cl100k_base.bin`, vocabularyFile(tokensOf(cl100kBase)));
writeFileSync(`${folder}/unicode_16.bin`, unicodeFile());
