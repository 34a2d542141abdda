import type { HeaderEdits, Headers } from "../../core/headers.ts";
import type { LocalReply } from "../../dialect/dialect.ts";
import type { PlanMetadata } from "../../plan/metadata.ts";

/** A request on its way to the target of one attempt. */
export interface Forward {
  readonly kind: "forward";
  readonly headers: HeaderEdits;
  readonly body: Buffer;
  /** False: these are the client's own bytes. */
  readonly bodyChanged: boolean;
  readonly plan: PlanMetadata;
}

/** The outcome of a request: it leaves, or it is answered here. */
export type Outcome = Forward | { readonly kind: "reply"; readonly reply: LocalReply };

/** What Envoy tells with the response headers. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: Headers;
  readonly endOfStream: boolean;
  /** Envoy's `response.code_details`; `via_upstream` for an upstream's own answer. */
  readonly codeDetails: string;
  /** The attempt that answered, from 1; 0 when none was made. */
  readonly attempt: number;
}

/** The outcome for response headers: they pass, edited, or the client gets our answer instead. */
export type ResponseOutcome =
  | { readonly kind: "pass"; readonly headers: HeaderEdits }
  /** They wait until the body has been seen: only then is it known what they are to say. */
  | { readonly kind: "hold"; readonly headers: HeaderEdits }
  | { readonly kind: "reply"; readonly reply: LocalReply };
