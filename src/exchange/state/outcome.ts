import type { GatewayError } from "../../core/errors.ts";
import type { HeaderEdits, Headers } from "../../core/headers.ts";
import type { LocalReply } from "../../dialect/dialect.ts";
import type { PlanMetadata } from "../../plan/metadata.ts";
import type { FailureClass } from "../../provider/provider.ts";

/** A request on its way to the target of one attempt. */
export interface Forward {
  readonly kind: "forward";
  readonly headers: HeaderEdits;
  readonly body: Buffer;
  /** False: these are the client's own bytes. */
  readonly bodyChanged: boolean;
  readonly plan: PlanMetadata;
  /** The tries that may follow the first. */
  readonly retries: {
    readonly max: number;
    /** The time of each try. Undefined for no bound. */
    readonly perTryMs: number | undefined;
  };
}

/** The outcome of a request: it leaves, or it is answered here. */
export type Outcome = Forward | Reply;

/** An answer of the gateway's own. */
export interface Reply {
  readonly kind: "reply";
  readonly reply: LocalReply;
}

/** Who made an answer. */
export type AnswerSource =
  | { readonly kind: "upstream" }
  /** This gateway, on another stream of the exchange. */
  | { readonly kind: "gateway" }
  /** The proxy, in the place of an upstream's answer. */
  | {
      readonly kind: "proxy";
      /** The client's error. */
      readonly error: GatewayError;
      /** The proxy's status, where the client gets that one. Undefined for the error's. */
      readonly status: number | undefined;
      readonly ending: "timeout" | "upstream_reset" | "upstream_error" | "denied";
      /** The failure of the last attempt. */
      readonly class: FailureClass;
      /** The proxy's words for it. */
      readonly reason: string;
    };

/** Status and headers of an upstream's answer. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Headers;
}

/** The response headers, as the proxy tells them. */
export interface ResponseHead extends AnswerHead {
  readonly endOfStream: boolean;
  readonly source: AnswerSource;
  /** The attempt that answered, from 1; 0 when none was made. */
  readonly attempt: number;
}

/** The outcome for response headers: they pass, edited, or the client gets our answer instead. */
export type ResponseOutcome =
  | { readonly kind: "pass"; readonly headers: HeaderEdits }
  /** They wait until the body has been seen: only then is it known what they are to say. */
  | { readonly kind: "hold"; readonly headers: HeaderEdits }
  | Reply;
