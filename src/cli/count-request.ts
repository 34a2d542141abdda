import { GatewayError } from "../core/errors.ts";
import type { Operation, RequestFacts } from "../dialect/dialect.ts";
import { dialects } from "../dialect/index.ts";
import { counterOf } from "../tokens/models/families.ts";
import { inputCountOf } from "../tokens/request/input-count.ts";
import { requestWeight } from "../tokens/request/request-weight.ts";
import { CommandFailure } from "./terminal.ts";

/** More is no request. */
const bodyBytesMax = 256 * 1024 * 1024;

/** A model's token count of a text or request, and the way it was counted. */
export interface Count {
  readonly model: string;
  readonly tokens: number;
  /** Upper bound of the count. */
  readonly tokensMax: number;
  /** The vocabulary, or the estimator. */
  readonly counter: string;
}

/** Input tokens of a request to `path` with this body, as `model` or the one that the request names counts them. */
export async function countRequest(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  path: string,
  model: string | undefined,
): Promise<Count> {
  const body = await bodyOf(chunks, file);
  const facts = inspect(body, file, path);
  const named = model ?? facts.model;
  if (named === "") throw new CommandFailure(`${file} names no model: give --model`);
  const counter = counterOf("", named);
  const { tokens, tokensMax } = inputCountOf(
    counter,
    counter.vocabulary.countSpans(body, facts.text),
    requestWeight("", named, facts.parts),
  );
  return { model: named, tokens, tokensMax, counter: counter.name };
}

function inspect(body: Buffer, file: string, path: string): RequestFacts {
  for (const dialect of dialects) {
    const operation = dialect.match("POST", path);
    if (operation === undefined || isAnsweredWithoutBody(operation)) continue;
    try {
      return dialect.inspect(body, operation);
    } catch (error) {
      if (error instanceof GatewayError) throw new CommandFailure(`${file}: ${error.message}`);
      throw error;
    }
  }
  throw new CommandFailure(`no API has the path ${path}: use e.g. /v1/chat/completions or /v1/messages`, 2);
}

function isAnsweredWithoutBody(operation: Operation): boolean {
  return operation.local === "models";
}

async function bodyOf(chunks: AsyncIterable<Uint8Array>, file: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new CommandFailure(`${file} is longer than any request may be`);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}
