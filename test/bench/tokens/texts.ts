import o200kBase from "js-tiktoken/ranks/o200k_base";

/** A stream of numbers in [0, 1) that is the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type TextKind = "en" | "code" | "zh";

/** So many bytes of made-up text. Words are drawn from the vocabulary, whose order is about that of frequency, so they follow Zipf's law. */
export function textOf(kind: TextKind, bytes: number): string {
  const random = randomOf(kind.length * 7 + kind.charCodeAt(0));
  const zipf = (list: readonly string[]) => {
    const at = Math.floor(Math.exp(random() * Math.log(list.length)) - 1 + random() * 3);
    return list[Math.min(list.length - 1, at)]!;
  };
  const sentence = { en: englishSentence, code: codeLine, zh: chineseSentence }[kind];
  const parts: string[] = [];
  for (let size = 0; size < bytes; size += Buffer.byteLength(parts.at(-1)!))
    parts.push(sentence(random, zipf));
  return parts.join("");
}

type Zipf = (list: readonly string[]) => string;

function englishSentence(random: () => number, zipf: Zipf): string {
  let text = "";
  const length = 6 + Math.floor(random() * 18);
  for (let i = 0; i < length; i++) {
    let word = zipf(words);
    if (random() < 0.04) word += zipf(words).trim();
    if (i === 0) word = ` ${word.charAt(1).toUpperCase()}${word.slice(2)}`;
    text += word;
    if (random() < 0.07) text += ",";
    if (random() < 0.01) text += " it's";
    if (random() < 0.01) text += ` ${Math.floor(random() * 3000)}`;
  }
  return text + (random() < 0.1 ? ".\n\n" : ".");
}

function chineseSentence(random: () => number, zipf: Zipf): string {
  let text = "";
  const length = 3 + Math.floor(random() * 9);
  for (let i = 0; i < length; i++) text += zipf(hans);
  text += "，。、；：".charAt(Math.floor(random() * 5));
  return random() < 0.05 ? `${text}\n` : text;
}

function codeLine(random: () => number, zipf: Zipf): string {
  const word = () => zipf(words).trim();
  const Word = () => {
    const name = word();
    return name.charAt(0).toUpperCase() + name.slice(1);
  };
  const indent = "    ".repeat(1 + Math.floor(random() * 3));
  switch (Math.floor(random() * 6)) {
    case 0:
      return `\nexport function ${word()}${Word()}(${word()}: string, ${word()}?: number) {\n`;
    case 1:
      return `${indent}const ${word()}_${word()} = this.${word()}[${Math.floor(random() * 99)}] ?? null;\n`;
    case 2:
      return `${indent}if (${word()}.${word()} !== ${word()} && !${word()}) { return ${word()}(${word()}, "${word()} ${word()}"); }\n`;
    case 3:
      return `${indent}// ${word()} ${word()} the ${word()} of ${word()}\n`;
    case 4:
      return `${indent}"${word()}-${word()}": { "${word()}": ${random().toFixed(4)}, "${word()}": [] },\n`;
    default:
      return `${indent}}\n\n`;
  }
}

const words: string[] = [];
const hans: string[] = [];
for (const line of o200kBase.bpe_ranks.split("\n")) {
  for (const encoded of line.split(" ").slice(2)) {
    const token = Buffer.from(encoded, "base64").toString("utf8");
    if (/^ [a-z]{1,12}$/.test(token)) words.push(token);
    else if (/^\p{Script=Han}{1,3}$/u.test(token)) hans.push(token);
  }
}

/** Inputs that make careless tokenizers quadratic, each of `length` UTF-16 units. */
export const pathologies: Readonly<Record<string, (length: number) => string>> = {
  letters: (length) => "a".repeat(length),
  spaces: (length) => " ".repeat(length),
  newlines: (length) => "\n".repeat(length),
  dashes: (length) => "-".repeat(length),
  "one Han character": (length) => "\u54c8".repeat(length),
  emoji: (length) => "\u{1f600}".repeat(length >> 1),
  "random letters": (length) => randomChars(length, 97, 26),
  "random Han": (length) => randomChars(length, 0x4e00, 0x5000),
  base64: (length) =>
    Buffer.from(Array.from({ length: (length * 3) >> 2 }, byteOf(randomOf(7)))).toString("base64"),
  "random punctuation": (length) => {
    const random = randomOf(7);
    const chars = "!@#$%^&*(){}[]<>?:;";
    return Array.from({ length }, () => chars.charAt(Math.floor(random() * chars.length))).join("");
  },
  "mix of them all": (length) => {
    const random = randomOf(7);
    const kinds = Object.entries(pathologies).filter(([name]) => name !== "mix of them all");
    let text = "";
    while (text.length < length) {
      const [, kind] = kinds[Math.floor(random() * kinds.length)]!;
      text += kind(1 + Math.floor(random() * 400));
    }
    return text.slice(0, length);
  },
};

function byteOf(random: () => number): () => number {
  return () => Math.floor(random() * 256);
}

function randomChars(length: number, first: number, count: number): string {
  const random = randomOf(7);
  return Array.from({ length }, () => String.fromCharCode(first + Math.floor(random() * count))).join("");
}
