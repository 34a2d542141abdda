import { assert } from "../../core/errors.ts";

/** How an answer ended, as its client sees it. */
export type AnswerEnd =
  /** It came to its end. */
  | "whole"
  /** Our own answer took its place before any of it had passed. */
  | "replaced"
  /** It ended early, and the last bytes tell its client so. */
  | "told"
  /** It ended early and nothing can say so: its client must be cut off. */
  | "cut";

type HeaderList = readonly (readonly [name: string, value: string])[];

/** The answer that a client gets: its status, its size and how it ended. Changed only by its methods. */
export class ClientAnswer {
  #begun = false;
  #status: number | undefined;
  #bytes = 0;
  #isHeld = false;
  #end: AnswerEnd | undefined;
  #lateHeaders: HeaderList = [];

  /** True once response headers have come, an upstream's or our own. */
  get hasBegun(): boolean {
    return this.#begun;
  }

  /** The HTTP status. Undefined until it is known. */
  get status(): number | undefined {
    return this.#status;
  }

  /** Body bytes passed on to the client. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True while nothing has passed, not even the headers: they wait for the whole body, or for more of it than is held. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Undefined while the answer is under way. */
  get end(): AnswerEnd | undefined {
    return this.#end;
  }

  /** True if the answer ended early. */
  get isBroken(): boolean {
    return this.#end === "told" || this.#end === "cut";
  }

  /** Notes that response headers have come; they come once. */
  begin(): void {
    assert(!this.#begun, "an exchange has one answer");
    this.#begun = true;
  }

  /** An upstream's answer passes. `isHeld`: its headers wait for its body. */
  pass(status: number, isHeld: boolean): void {
    this.#status = status;
    this.#isHeld = isHeld;
  }

  /** Changes the status of a held answer, and adds headers, by what its whole body said. */
  amend(status: number, headers: HeaderList): void {
    this.#status = status;
    this.#lateHeaders = headers;
  }

  /** Lets a held answer go. Returns the headers that its body added. */
  release(): HeaderList {
    this.#isHeld = false;
    return this.#lateHeaders;
  }

  /** So many bytes more pass. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** The request is answered here, by this status. */
  reply(status: number): void {
    this.#status = status;
  }

  /** Our own answer takes the place of the upstream's. */
  replace(status: number): void {
    this.#status = status;
    this.#end ??= "replaced";
  }

  /** Our own answer takes the place of one of which nothing has passed, while the upstream still works on it. */
  interrupt(status: number): void {
    this.#status = status;
    this.#bytes = 0;
    this.#end = "told";
  }

  /** Ends the answer early. `event`: the size of the event that tells the client; 0 where no event can. */
  breakOff(event: number): void {
    this.#bytes += event;
    this.#end = event > 0 ? "told" : "cut";
  }

  /** The answer makes no sense any more. `isTold`: its client has been told by what has passed. */
  abandon(isTold: boolean): void {
    this.#end = isTold ? "told" : "cut";
  }

  /** The client is cut off with this error; where nothing had passed, the error is all it gets. */
  cutOff(status: number): void {
    if (!this.#isHeld) return;
    this.#status = status;
    this.#bytes = 0;
  }

  /** The answer has come to its end. One that ended early stays so. */
  finish(): void {
    this.#end ??= "whole";
  }
}
