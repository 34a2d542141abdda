import { createHash } from "node:crypto";

/** Each with a space before it is exactly one token of o200k_base and of cl100k_base, alone and in a row. */
export const words: readonly string[] = (
  "alpha beta gamma delta epsilon lambda sigma omega apple river stone cloud light water garden window " +
  "table paper music number orange yellow silver golden winter summer morning evening island forest mountain ocean " +
  "bridge castle market station engine signal letter story dream paint chair glass metal wood fire earth " +
  "wind rain snow storm field valley harbor tower street corner circle square simple quiet bright gentle"
).split(" ");

/**
 * The answer to a prompt: `count` words, each with the space before it, one token each. The same prompt gives the same
 * words, another prompt others, so that a client sees whether it got its own answer.
 */
export function* answerWords(prompt: string, count: number, choice = 0): Generator<string> {
  let state = createHash("sha256").update(`${choice}:`).update(prompt).digest().readUInt32LE(0) || 1;
  for (let index = 0; index < count; index += 1) {
    // xorshift32 (Marsaglia 2003): deterministic, and good enough to tell answers apart.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield ` ${words[(state >>> 8) % words.length]}`;
  }
}
