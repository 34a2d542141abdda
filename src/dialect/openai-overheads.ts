/** Tokens of OpenAI's chat format on top of its text (reference/tokenizers.md §8, from the OpenAI cookbook). Of a message: three of framing and one for the role, whose every name is one. */
export const perMessageTokens = 4;
export const perNameTokens = 1;
export const replyPrimingTokens = 3;
export const perToolTokens = 7;
export const toolListTokens = 12;

/** An image of low detail, and the most one of high detail takes: 2048 × 768 px are 4 × 2 tiles of 170 on a base of 85. */
export const lowDetailImageTokens = 85;
export const highDetailImageTokens = 1445;

/** Base64 characters held as one token: of audio, above the densest known rate (10 tokens a second of 16 kB); of files, as if all were text. */
const charsPerToken = { audio: 1000, file: 4 } as const;

/** What base64 data of so many characters is held at, in tokens. */
export function mediaTokens(kind: keyof typeof charsPerToken, chars: number): number {
  return Math.ceil(chars / charsPerToken[kind]);
}
