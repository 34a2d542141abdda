import { GatewayError } from "../../core/errors.ts";
import { JsonScan } from "../../core/json-scan.ts";
import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { HeldAnswer } from "../held-answer.ts";
import { ResponseState } from "../response-state.ts";
import type { EmbeddingAnswer, EmbeddingWriter } from "./embedding-answer.ts";

/** Reads one format's answer where it stands. Throws `upstream_invalid` for what is none, and what the provider says it failed of. */
export type ReadEmbeddings = (scan: JsonScan, context: ResponseContext) => EmbeddingAnswer;

/** An answer with vectors on its way to a client of another format: held until it is whole, and its numbers, which may be megabytes, never made anew. */
export class TranslatedEmbeddings implements ResponseTransform {
  readonly seen: ResponseState;
  readonly #context: ResponseContext;
  readonly #read: ReadEmbeddings;
  readonly #writer: EmbeddingWriter;
  readonly #held = new HeldAnswer();

  constructor(context: ResponseContext, read: ReadEmbeddings, writer: EmbeddingWriter) {
    this.seen = new ResponseState(context.onText);
    this.#context = context;
    this.#read = read;
    this.#writer = writer;
  }

  push(chunk: Buffer, end: boolean): Buffer {
    if (this.seen.unreadable) return nothing;
    try {
      this.#held.add(chunk);
      return end ? this.#finish() : nothing;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.seen.giveUp(error.code === "invalid_request" ? notJson() : error);
      return nothing;
    }
  }

  /** Half a JSON object cannot be mended by more bytes: only a cut is honest. */
  breakOff(): Buffer {
    return nothing;
  }

  #finish(): Buffer {
    const { seen } = this;
    const scan = new JsonScan(this.#held.take());
    if (scan.kind() !== "object") throw notJson();
    const answer = this.#read(scan, this.#context);
    scan.finish();
    checkCount(answer, this.#context.facts.messages);
    seen.model = answer.model;
    if (answer.usage !== undefined) seen.bill(answer.usage);
    seen.content = true;
    const written = this.#writer.write(answer);
    seen.complete = true;
    return written;
  }
}

/** Vectors are told apart by their places alone: one too few, and each would be taken for another's. */
function checkCount({ vectors }: EmbeddingAnswer, texts: number): void {
  if (vectors.size === 0) throw miscounted(0, texts);
  for (const list of vectors.values()) if (list.length !== texts) throw miscounted(list.length, texts);
}

function miscounted(vectors: number, texts: number): GatewayError {
  const why = `the provider's answer has ${vectors} vectors for ${texts} texts`;
  return new GatewayError("upstream_invalid", why);
}

function notJson(): GatewayError {
  return new GatewayError("upstream_invalid", "the provider's answer is not JSON");
}

const nothing = Buffer.alloc(0);
