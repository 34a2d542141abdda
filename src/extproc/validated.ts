import type { GatewayError } from "../core/errors.ts";
import { chain, type MaybePromise } from "../core/maybe-promise.ts";
import type { EdgeMessage } from "../edge/edge.ts";
import { Gate } from "../exchange/answer/gate.ts";
import type { Services } from "../exchange/state/services.ts";
import { AttemptRole } from "./attempt.ts";
import type { ProcessingRequest } from "./codec/processing-request.ts";
import { continueReplies } from "./codec/processing-response.ts";
import { verdictReply } from "./replies.ts";
import type { Role } from "./role.ts";

/** The role validated: one stream for each upstream try whose answer waits for its end: a whole one that may still fall back, or one that is to be checked. */
export class ValidatedRole implements Role {
  readonly last = false;
  readonly done = false;
  readonly #attempt: AttemptRole;
  #gate: Gate | undefined;

  constructor(services: Services) {
    this.#attempt = new AttemptRole(services);
  }

  on(message: ProcessingRequest): MaybePromise<EdgeMessage> {
    switch (message.kind) {
      case "request_headers":
        return this.#attempt.on(message);
      case "response_headers": {
        const { forwarded, attempt } = this.#attempt.begun;
        const head = { status: Number(message.headers.get(":status")), headers: message.headers };
        const gate = new Gate(forwarded, attempt, head, true);
        return chain(message.endOfStream ? gate.push(noBytes, true) : undefined, (known) => {
          if (known !== undefined) return verdictReply("response_headers", known);
          this.#gate = gate;
          return continueReplies.response_headers;
        });
      }
      case "response_body":
        if (this.#gate === undefined) return continueReplies.response_body;
        return chain(this.#gate.pushWhole(message.body), (verdict) => verdictReply("response_body", verdict));
      default:
        return continueReplies[message.kind];
    }
  }

  fail(error: GatewayError): EdgeMessage {
    return this.#attempt.fail(error);
  }

  closed(): void {
    this.#attempt.closed();
  }
}

const noBytes = Buffer.alloc(0);
