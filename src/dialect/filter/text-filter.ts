/** The kinds of an answer's text: the answer itself, the reasoning before it, a refusal, and what tools are called with. */
export type TextChannel = "answer" | "reasoning" | "refusal" | "arguments";

/** The text that a filter is made for. */
export interface TextPlace {
  readonly channel: TextChannel;
  /** Counts the answers of one request from 0. */
  readonly choice: number;
  /** True for a text that the format says once more, e.g. as a whole after its pieces: what is counted of it was counted before. */
  readonly repeated: boolean;
}

/**
 * Changes one text of an answer on its way to the client: text in, text out. The formats cut a text anywhere, and the concatenation of all
 * that a filter returns may not depend on the cuts. A `GatewayError` thrown by a filter blocks the answer: nothing further of it passes.
 */
export interface TextFilter {
  /** The most characters (UTF-16 code units) that the filter holds back after a piece, at most {@link holdBackCharsLimit}. */
  readonly holdBackCharsMax: number;
  /** Takes the next piece and returns what may pass by now. */
  push(text: string): string;
  /** Returns what is still held. Called once, after the last piece. */
  end(): string;
}

/** Pieces of one text in, filtered pieces out. */
export type TextStage = Pick<TextFilter, "push" | "end">;

/**
 * Makes the filter of one text; undefined for a text that passes as it is. A text is one block of one answer, or, where the format has no
 * blocks, all that one answer says in one channel. Of tool arguments, each string in their JSON is a text of its own.
 */
export type MakeTextFilter = (place: TextPlace) => TextFilter | undefined;

/** Largest hold-back that a filter may ask for. */
export const holdBackCharsLimit = 65_536;
