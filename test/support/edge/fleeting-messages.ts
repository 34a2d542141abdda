import type { EdgeFactory, EdgeHandler, EdgeMethod } from "../../../src/edge/edge.ts";

/**
 * The same edge, but what it lent is spoilt as soon as the call returns: whoever keeps a message's bytes without copying them is found out. What
 * lies in a `SharedArrayBuffer` is the service's own.
 */
export function fleetingMessages(create: EdgeFactory): EdgeFactory {
  return (methods, options) => create(methods.map(fleeting), options);
}

function fleeting({ path, open }: EdgeMethod): EdgeMethod {
  return { path, open: (stream, metadata) => new SpoilingHandler(open(stream, metadata)) };
}

class SpoilingHandler implements EdgeHandler {
  readonly #handler: EdgeHandler;

  constructor(handler: EdgeHandler) {
    this.#handler = handler;
  }

  message(bytes: Buffer): void {
    this.#handler.message(bytes);
    if (!(bytes.buffer instanceof SharedArrayBuffer)) bytes.fill(0xdb);
  }

  halfClosed(): void {
    this.#handler.halfClosed();
  }

  closed(): void {
    this.#handler.closed();
  }
}
