import type { Answer } from "./answer.ts";
import type { SignedRequest } from "./aws-signature.ts";
import type { Faults } from "./faults.ts";
import type { JsonRecord } from "./json.ts";
import type { Refusal } from "./refusal.ts";

/** A wire format that the fake provider speaks: the operations it has, and its words for errors. */
export interface FakeDialect {
  readonly name: string;
  /** The operation behind a method and a path without its query; undefined if this dialect has none there. */
  match(
    method: string,
    path: string,
    head: { readonly headers: Readonly<Record<string, string>> },
  ): Operation | undefined;
  /** The credential as this dialect's clients send it, without its scheme. */
  credential(headers: Readonly<Record<string, string>>, query: URLSearchParams): string | undefined;
  /** The problem with the request's signature, where this dialect has one, or undefined if it is valid. */
  verify?(request: SignedRequest, secretKey: string): string | undefined;
  /** An error in this dialect's words. */
  refuse(refusal: Refusal, facts: RequestFacts): Answer;
}

/** One thing that a dialect can be asked for. */
export interface Operation {
  readonly name: string;
  model(body: JsonRecord): string | undefined;
  streamed(body: JsonRecord): boolean;
  answer(call: Call): Answer | Refusal;
}

/** Facts about any request, including one that cannot be understood. */
export interface RequestFacts {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string | undefined;
  readonly streamed: boolean;
  /** New with every request; 32 hexadecimal digits, for the vendor's ids. */
  readonly id: string;
  /** Seconds since 1970. */
  readonly createdS: number;
}

/** A request that an operation answers. */
export interface Call extends RequestFacts {
  readonly body: JsonRecord;
  readonly faults: Faults;
}
