import { GatewayError, unreachable } from "../../core/errors.ts";
import type { Served } from "../../core/serve-orders.ts";
import { plainError } from "../../core/worker-pool.ts";
import type { DialectName, RequestFacts } from "../dialect.ts";
import { modelRequestOf } from "../read-model-request.ts";
import { bytesOf, clientOf, dialectOf, upstreamOf } from "./codecs.ts";
import { checkWeight } from "./json-weight.ts";
import type { Answers, Order, PackedFacts, Written } from "./order.ts";
import { readAnswer } from "./read-answer.ts";

/** Does what is asked of a large body; runs in a worker. Throws what refuses the body. */
export function doOrder(order: Order): Served<Answers[Order["kind"]]> {
  switch (order.kind) {
    case "inspect": {
      const packed = packFacts(dialectOf(order.dialect).inspect(bytesOf(order.body), order.operation));
      return { answer: packed, transfer: [packed.spans.buffer as ArrayBuffer] };
    }
    case "splice": {
      const body = bytesOf(order.body);
      const spliced = dialectOf(order.dialect).splice(body, order.facts, order.edits);
      return written(spliced === body ? undefined : spliced, [], []);
    }
    case "check":
      return { answer: check(order) };
    case "encode": {
      const { body, headers, changes } = upstreamOf(order.upstream).encodeRequest(
        translated(order.dialect, order.body, order.facts),
        order.target,
      );
      return written(body, headers, changes);
    }
    case "format":
      return { answer: format(order) };
    case "answer":
      return readAnswer(order.reading, order.pieces);
    default:
      return unreachable(order);
  }
}

/** The facts with their text packed. */
function packFacts(facts: RequestFacts): PackedFacts {
  const spans = new Float64Array(facts.text.length * 3);
  facts.text.forEach(({ start, end, escaped }, index) => {
    spans.set([start, end, escaped ? 1 : 0], index * 3);
  });
  return { facts: { ...facts, text: [] }, spans };
}

function check(order: Extract<Order, { kind: "check" }>): Answers["check"] {
  const request = translated(order.dialect, order.body, order.facts);
  const refusals = order.targets.map(({ dialect, model }) => {
    try {
      upstreamOf(dialect).check(request, model);
      return undefined;
    } catch (error) {
      if (error instanceof GatewayError) return plainError(error);
      throw error;
    }
  });
  return { asked: { uses: request.uses, dropped: request.dropped }, refusals };
}

/** Longest schema that is handed on, in characters of its JSON: longer ones are not read. */
const schemaCharsMax = 65_536;

function format({ dialect, body }: Extract<Order, { kind: "format" }>): Answers["format"] {
  const asked = dialectOf(dialect).outputFormat?.(bytesOf(body));
  if (asked?.kind !== "schema" || JSON.stringify(asked.schema).length <= schemaCharsMax) return asked;
  return { kind: "unreadable" };
}

function translated(name: DialectName, body: Uint8Array, facts: RequestFacts) {
  checkWeight(body, "invalid_request", "the body");
  return modelRequestOf(clientOf(name), bytesOf(body), facts);
}

function written(
  body: Buffer | undefined,
  headers: Written["headers"],
  changes: Written["changes"],
): Served<Written> {
  const own = body === undefined ? undefined : new Uint8Array(body);
  return { answer: { body: own, headers, changes }, transfer: own === undefined ? [] : [own.buffer] };
}
