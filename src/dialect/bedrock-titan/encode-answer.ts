import type { AnswerContext } from "../codec.ts";
import type { EmbeddingAnswer, EmbeddingWriter } from "../embedding/embedding-answer.ts";
import { joinJson } from "../embedding/join-json.ts";

/** The writer of an answer in Titan's format, which has its vector twice. */
export function encodeTitanAnswer(context: AnswerContext): EmbeddingWriter {
  return { write: (answer) => writeAnswer(answer, context) };
}

function writeAnswer({ vectors, usage }: EmbeddingAnswer, { inputTokens }: AnswerContext): Buffer {
  const [vector = nothing] = vectors.get("float") ?? [];
  const tokens = usage?.inputTokens ?? inputTokens;
  return joinJson([
    '{"embedding":',
    vector,
    ',"embeddingsByType":{"float":',
    vector,
    `},"inputTextTokenCount":${tokens}}`,
  ]);
}

const nothing = Buffer.alloc(0);
