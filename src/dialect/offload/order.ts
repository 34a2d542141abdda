import type { PlainError } from "../../core/worker-pool.ts";
import type { Asked } from "../asked.ts";
import type { AnswerContext, EncodeTarget } from "../codec.ts";
import type {
  DialectName,
  Operation,
  OutputKind,
  RequestEdits,
  RequestFacts,
  ResponseSeen,
} from "../dialect.ts";
import type { FoundText } from "../filter/text-places.ts";
import type { OutputFormat } from "../model-request.ts";

/** Facts as they cross threads: the spans of the text as three numbers each (start, end, 1 if escaped), which no other order needs. */
export interface PackedFacts {
  readonly facts: RequestFacts;
  readonly spans: Float64Array;
}

/** A target whose provider speaks another format than the client. */
export interface ForeignTarget {
  readonly dialect: DialectName;
  readonly model: string;
}

/** A question to a worker about a body. `body` is memory that both threads read, and none writes to. */
export type Order =
  | {
      readonly kind: "inspect";
      readonly dialect: DialectName;
      readonly operation: Operation;
      readonly body: Uint8Array;
    }
  | {
      readonly kind: "splice";
      readonly dialect: DialectName;
      readonly facts: RequestFacts;
      readonly edits: RequestEdits;
      readonly body: Uint8Array;
    }
  | {
      readonly kind: "check";
      readonly dialect: DialectName;
      readonly facts: RequestFacts;
      readonly targets: readonly ForeignTarget[];
      readonly body: Uint8Array;
    }
  | {
      readonly kind: "encode";
      readonly dialect: DialectName;
      readonly facts: RequestFacts;
      readonly upstream: DialectName;
      readonly target: EncodeTarget;
      readonly body: Uint8Array;
    }
  | { readonly kind: "format"; readonly dialect: DialectName; readonly body: Uint8Array }
  | {
      readonly kind: "answer";
      readonly reading: AnswerReading;
      readonly pieces: readonly Uint8Array[];
    };

/** The way to read a whole answer of status 200. */
export interface AnswerReading {
  /** The client's. */
  readonly dialect: DialectName;
  /** The provider's dialect, where it is another. Undefined if the answer passes unchanged. */
  readonly upstream: DialectName | undefined;
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly context: AnswerContext;
  readonly callId: string;
  /** False for an answer that is only judged: it need not be written for the client. */
  readonly writes: boolean;
  /** The answer's texts will be filtered: say where they stand in what the client gets. */
  readonly findTexts: boolean;
}

/** Facts of a request that translation needs before it is written. */
export interface Checked {
  readonly asked: Asked;
  /** For each target what stands in the way. */
  readonly refusals: readonly (PlainError | undefined)[];
}

/** A request written for a target. `body` is undefined if it stays unchanged. */
export interface Written {
  readonly body: Uint8Array | undefined;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly changes: readonly string[];
}

/** A piece of output of one kind, of one answer. */
export interface OutputPiece {
  readonly kind: OutputKind;
  readonly choice: number;
  readonly text: string;
}

/** Facts read from an answer, without its error's class. */
export type PlainSeen = Omit<ResponseSeen, "error"> & { readonly error: PlainError | undefined };

/** A whole answer that was read. */
export interface ReadAnswer {
  /** The bytes for the client. Undefined for the provider's own. */
  readonly body: Uint8Array | undefined;
  readonly seen: PlainSeen;
  /** Its text, of each kind and answer at most {@link pieceCharsMax}: enough for checks, which look at no more. */
  readonly pieces: readonly OutputPiece[];
  /** Where its texts stand in the client's bytes, where they are asked for. */
  readonly texts: readonly FoundText[] | undefined;
  /** All of its output in UTF-8, where the provider did not say how much it is. */
  readonly output: Uint8Array | undefined;
}

/** Characters kept of one kind of output of one answer: more than checks look at. */
export const pieceCharsMax = 1_048_577;

/** The answers to an {@link Order}. */
export interface Answers {
  readonly inspect: PackedFacts;
  readonly splice: Written;
  readonly check: Checked;
  readonly encode: Written;
  readonly format: OutputFormat | { readonly kind: "unreadable" } | undefined;
  readonly answer: ReadAnswer;
}
