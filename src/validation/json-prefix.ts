import type { Watch } from "./rule.ts";

/** Deepest nesting, and longest number, that are followed; what goes on behind more is not told to be wrong. */
const depthMax = 1_000;
const numberCharactersMax = 64;

/** Where a text stands in the JSON it begins. */
type State =
  | "value"
  | "firstItem"
  | "firstKey"
  | "key"
  | "colon"
  | "afterValue"
  | "string"
  | "escape"
  | "hex"
  | "number"
  | "word";

/** Follows a text and tells as soon as it can be no JSON any more, whatever comes. Keeps a stack of open brackets, and nothing of the text. */
export class JsonPrefix implements Watch {
  #state: State = "value";
  readonly #open: ("{" | "[")[] = [];
  /** The string in hand is a key. */
  #isKey = false;
  #hexLeft = 0;
  /** The rest of `true`, `false` or `null` still expected; or the number so far. */
  #word = "";
  #lost = false;

  push(piece: string): boolean {
    for (let at = 0; at < piece.length && !this.#lost; at += 1)
      if (!this.#take(piece[at] ?? "")) return false;
    return true;
  }

  #take(char: string): boolean {
    switch (this.#state) {
      case "string":
        return this.#inString(char);
      case "escape":
        this.#state = char === "u" ? "hex" : "string";
        this.#hexLeft = 4;
        return '"\\/bfnrtu'.includes(char);
      case "hex":
        this.#hexLeft -= 1;
        if (this.#hexLeft === 0) this.#state = "string";
        return /[0-9a-fA-F]/.test(char);
      case "word":
        return this.#inWord(char);
      case "number":
        if (/[0-9.eE+-]/.test(char)) {
          this.#word += char;
          this.#lost = this.#word.length > numberCharactersMax;
          return numberPrefix.test(this.#word);
        }
        this.#state = "afterValue";
        return number.test(this.#word) && this.#take(char);
      default:
        return isSpace(char) || this.#between(char);
    }
  }

  #inString(char: string): boolean {
    if (char === "\\") this.#state = "escape";
    else if (char === '"') this.#state = this.#isKey ? "colon" : "afterValue";
    else return char >= " ";
    return true;
  }

  #inWord(char: string): boolean {
    const fits = this.#word.startsWith(char);
    this.#word = this.#word.slice(1);
    if (this.#word === "") this.#state = "afterValue";
    return fits;
  }

  #between(char: string): boolean {
    switch (this.#state) {
      case "colon":
        this.#state = "value";
        return char === ":";
      case "firstKey":
        if (char === "}") return this.#close("{");
        return this.#key(char);
      case "key":
        return this.#key(char);
      case "afterValue":
        return this.#after(char);
      case "firstItem":
        if (char === "]") return this.#close("[");
        return this.#value(char);
      default:
        return this.#value(char);
    }
  }

  #key(char: string): boolean {
    this.#isKey = true;
    this.#state = "string";
    return char === '"';
  }

  #after(char: string): boolean {
    const open = this.#open.at(-1);
    if (char === "," && open !== undefined) {
      this.#state = open === "{" ? "key" : "value";
      return true;
    }
    if (char === "}") return this.#close("{");
    return char === "]" && this.#close("[");
  }

  #close(bracket: "{" | "["): boolean {
    this.#state = "afterValue";
    return this.#open.pop() === bracket;
  }

  #value(char: string): boolean {
    switch (char) {
      case "{":
      case "[":
        this.#open.push(char);
        this.#lost = this.#open.length > depthMax;
        this.#state = char === "{" ? "firstKey" : "firstItem";
        return true;
      case '"':
        this.#isKey = false;
        this.#state = "string";
        return true;
      case "t":
        return this.#begin("rue");
      case "f":
        return this.#begin("alse");
      case "n":
        return this.#begin("ull");
      default:
        this.#word = char;
        this.#state = "number";
        return numberPrefix.test(char);
    }
  }

  #begin(rest: string): boolean {
    this.#word = rest;
    this.#state = "word";
    return true;
  }
}

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const numberPrefix = /^-?(?:(?:0|[1-9]\d*)(?:\.(?:\d+(?:[eE](?:[+-]?\d*)?)?)?|[eE](?:[+-]?\d*)?)?)?$/;

function isSpace(char: string): boolean {
  return char === " " || char === "\n" || char === "\r" || char === "\t";
}
