/** Finds where a JSON object or list that comes in pieces ends, by its brackets alone. */
export class JsonEnd {
  #depth = 0;
  #inString = false;
  #escaped = false;
  #ended = false;

  /** True once the bracket that closes the first one has come. */
  get reached(): boolean {
    return this.#ended;
  }

  push(piece: string): void {
    for (let at = 0; at < piece.length && !this.#ended; at += 1) this.#take(piece.charCodeAt(at));
  }

  #take(char: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (this.#inString) {
      if (char === backslash) this.#escaped = true;
      else if (char === quote) this.#inString = false;
    } else if (char === quote) this.#inString = true;
    else if (char === openBrace || char === openBracket) this.#depth += 1;
    else if (char === closeBrace || char === closeBracket) {
      this.#depth -= 1;
      this.#ended = this.#depth <= 0;
    }
  }
}

const [quote, backslash] = [0x22, 0x5c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
