import type { GatewayError } from "../core/errors.ts";
import type { Headers } from "../core/headers.ts";
import type { Usage } from "../usage/usage.ts";
import type { MakeTextFilter } from "./filter/text-filter.ts";
import type { TextTap } from "./filter/text-tap.ts";
import type { LostOutput } from "./lost-output.ts";
import type { OddEventKind } from "./odd-event.ts";
import type { RequestFacts } from "./request-facts.ts";

/** Facts read from the response bytes so far. */
export interface ResponseSeen {
  readonly usage: Usage | undefined;
  /** The provider's usage object was there but incomplete, or contradicts itself. */
  readonly usagePartial: boolean;
  readonly model: string | undefined;
  /** Unified: stop, length, tool_calls, content_filter, error. */
  readonly finishReason: string | undefined;
  /** The provider's own word for why the answer ended. */
  readonly finishReasonRaw: string | undefined;
  /** Output that the client's format has no place for. */
  readonly lost: ReadonlySet<LostOutput>;
  /** One of the answers ended at its cap. */
  readonly lengthStop: boolean;
  /** First text, reasoning or tool-call delta has passed. */
  readonly content: boolean;
  /** The format's own end was seen ([DONE], message_stop, a whole JSON answer). */
  readonly complete: boolean;
  /** An error the provider sent inside a 200, or what made its answer unreadable. */
  readonly error: GatewayError | undefined;
  /** The answer was too large to be read, so its usage is unknown. */
  readonly unread: boolean;
  /** Events of a stream that were passed over, by what was odd about them. */
  readonly oddEvents: ReadonlyMap<OddEventKind, number>;
  /** The answer stopped making sense: nothing of it passes any more, and what has passed must not end as if it were whole. */
  readonly unreadable: boolean;
  /** A filter of its texts blocked the answer, which counts as unreadable from there on; `error` says why. */
  readonly blocked: boolean;
}

/** Response bytes on their way to the client. One per attempt that answers; pushed synchronously. */
export interface ResponseTransform {
  /** Takes the next bytes (cut anywhere) and returns what goes to the client: the same buffer where nothing changes. */
  push(chunk: Buffer, end: boolean): Buffer;
  readonly seen: ResponseSeen;
  /** The last bytes for a client whose answer breaks off here: an in-dialect error event, or nothing where only a cut is honest. */
  breakOff(error: GatewayError): Buffer;
}

/** The kind of a piece of billed output: the answer's own words, or content beside them. */
export type OutputKind = "answer" | "reasoning" | "refusal" | "call";

/** The facts and callbacks of a response transform. */
export interface ResponseContext {
  readonly status: number;
  readonly headers: Headers;
  readonly facts: RequestFacts;
  /** Billed output text as it passes: content, reasoning, refusals, tool names and arguments; `choice` counts the answers from 0. */
  readonly onText: (text: string, kind: OutputKind, choice: number) => void;
  /** Makes the filters that change the answer's texts on their way to the client; what is read and counted is the provider's own text. Absent: nothing is changed. */
  readonly filter?: MakeTextFilter | undefined;
  /** Is told where the texts of the answer stand, in place of a filter. */
  readonly tap?: TextTap | undefined;
}
