import type { ProcessingRequest } from "./codec/processing-request.ts";

const ranks: Readonly<Record<ProcessingRequest["kind"], number>> = {
  request_headers: 0,
  request_body: 1,
  request_trailers: 2,
  response_headers: 3,
  response_body: 4,
  response_trailers: 5,
};

/**
 * Holds one stream's messages to the order that HTTP gives them: headers once, then the body, then trailers; the request before the
 * response. A downstream stream may begin with the response: Envoy refused the request by itself, before any filter saw it.
 */
export class MessageOrder {
  #rank = -1;
  #requestEnded = false;
  #responseEnded = false;
  readonly #mayBeginWithResponse: boolean;

  constructor(mayBeginWithResponse: boolean) {
    this.#mayBeginWithResponse = mayBeginWithResponse;
  }

  /** The fault of a message that comes now. Undefined if it is in order. */
  fault(message: ProcessingRequest): string | undefined {
    const rank = ranks[message.kind];
    const isResponse = rank >= ranks.response_headers;
    if (rank < this.#rank || (rank === this.#rank && !mayRepeat(message)))
      return `${message.kind} out of order`;
    if (isResponse && rank > ranks.response_headers && this.#rank < ranks.response_headers)
      return `${message.kind} before response_headers`;
    const needsRequest = !isResponse || !this.#mayBeginWithResponse;
    if (needsRequest && rank > 0 && this.#rank < 0) return `${message.kind} before request_headers`;
    if (isResponse ? this.#responseEnded : this.#requestEnded) return `${message.kind} after the end`;
    this.#rank = rank;
    if (endsMessage(message)) {
      if (isResponse) this.#responseEnded = true;
      else this.#requestEnded = true;
    }
    return undefined;
  }
}

/** Only answers are handed over piece by piece. */
function mayRepeat({ kind }: ProcessingRequest): boolean {
  return kind === "response_body";
}

function endsMessage(message: ProcessingRequest): boolean {
  return "endOfStream" in message ? message.endOfStream : true;
}
