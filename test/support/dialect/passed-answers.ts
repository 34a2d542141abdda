import assert from "node:assert/strict";
import { headersOf } from "../../../src/core/headers.ts";
import type { MakeTextFilter } from "../../../src/dialect/filter/text-filter.ts";
import type { ResponseTransform } from "../../../src/dialect/response-transform.ts";
import type { ScriptedFormat } from "./scripted-answers.ts";
import { dialectOf } from "./translation.ts";

/** What is read of an answer. */
export interface Read {
  /** By kind and answer, e.g. `answer/0`. */
  readonly texts: Readonly<Record<string, string>>;
  readonly usage: unknown;
  readonly finishReason: unknown;
  readonly complete: boolean;
  readonly error: string | undefined;
}

/** What a transform reads in an answer, and what it writes. */
export function readAnswer(
  open: (onText: (text: string, kind: string, choice: number) => void) => ResponseTransform,
  pieces: readonly Buffer[],
): { readonly bytes: Buffer; readonly read: Read; readonly transform: ResponseTransform } {
  const texts: Record<string, string> = {};
  const transform = open((more, kind, choice) => {
    texts[`${kind}/${choice}`] = (texts[`${kind}/${choice}`] ?? "") + more;
  });
  const bytes = Buffer.concat(
    pieces.map((piece, index) => transform.push(piece, index === pieces.length - 1)),
  );
  const { usage, finishReason, complete, error } = transform.seen;
  return { bytes, read: { texts, usage, finishReason, complete, error: error?.code }, transform };
}

/** An answer as it passes in its own format. */
export function passAnswer(
  format: ScriptedFormat,
  streamed: boolean,
  pieces: readonly Buffer[],
  make?: MakeTextFilter,
) {
  const dialect = dialectOf(format.name);
  const operation = dialect.match("POST", format.path(streamed));
  assert.ok(operation !== undefined);
  const facts = dialect.inspect(Buffer.from(JSON.stringify(format.request)), operation);
  const headers = headersOf({ "content-type": format.contentType(streamed) });
  return readAnswer(
    (onText) => dialect.passResponse({ status: 200, headers, facts, onText, filter: make }),
    pieces,
  );
}
