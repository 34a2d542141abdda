import { answerTooLarge, wholeAnswerBytesMax } from "./whole-response.ts";

/** The bytes of an answer that can be read only when it is whole. */
export class HeldAnswer {
  #chunks: Buffer[] = [];
  #length = 0;

  /** Throws `response_too_large` for more than is held of one answer. */
  add(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#length > wholeAnswerBytesMax) {
      this.#chunks = [];
      throw answerTooLarge();
    }
    this.#chunks.push(chunk);
  }

  /** Returns and releases all held bytes. */
  take(): Buffer {
    const [only] = this.#chunks;
    const whole = only !== undefined && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks);
    this.#chunks = [];
    return whole;
  }
}
