import type { TextSpan } from "../tokens/counters/counter.ts";
import type { RequestParts } from "../tokens/request/request-weight.ts";
import type { Operation } from "./operation.ts";

/** The deciding facts of a request, read from its bytes without parsing the rest; the upstream will read the same. */
export interface RequestFacts {
  readonly operation: Operation;
  /** The model as the client names it; empty when the request names none. */
  readonly model: string;
  readonly stream: boolean;
  /** Answers asked for (`n`); every one is billed. */
  readonly choices: number;
  /** Calls that a provider may bill for this one at most (Cohere's search units); absent: one. */
  readonly calls?: number;
  /** Web searches that the provider may make for this request, and bill, at most; absent: none. */
  readonly searches?: number;
  /** The larger of the caps the client set on output tokens. Undefined if none; 0 where nothing is generated. */
  readonly outputCap: number | undefined;
  /** The string contents to be counted as input, in order. */
  readonly text: readonly TextSpan[];
  /** Counts of everything besides `text`; their weight depends on the model (see requestWeight). */
  readonly parts: RequestParts;
  readonly messages: number;
  readonly tools: number;
  readonly images: number;
  /** `text`, `json` or `json-schema`, where the client asks for one of them. */
  readonly responseFormat: string | undefined;
  /** `contract` and `metadata` of the body: string, number and boolean leaves by dotted path, e.g. `metadata.workflow`. Bounded. */
  readonly fields: ReadonlyMap<string, string>;
  /** Members that only some servers heed, by their folded key (see `foldedKey`), as the client wrote them. Bounded by the table of them. */
  readonly extensions: ReadonlyMap<string, string>;
  /** A tool that a provider of the client's format would run itself, e.g. `tools[] of type web_search`; others do not get it. Absent if there is none. */
  readonly hostedTool?: string;
  /** The service tier that the client asks for by name. Undefined for the standard one, or the vendor's choice. */
  readonly serviceTier: string | undefined;
  /** True if the client itself asked for usage in its stream. */
  readonly wantsUsage: boolean;
  /** The dialect's own positions of what it may splice; opaque to others. */
  readonly marks: unknown;
}
