import type { Asked } from "../../dialect/asked.ts";
import type { RequestFacts } from "../../dialect/dialect.ts";
import type { Originals } from "./originals.ts";

/** The body of a request as its client sent it. It counts against the bound on all bodies from `keep` to `release`. */
export class RequestBody {
  readonly #originals: Originals;
  readonly #tenantId: string;
  #bytes: Buffer | undefined;
  #length = 0;
  /** What it asks for. Undefined until it has been read. */
  facts: RequestFacts | undefined;
  /** The request without its wire format, once it had to be translated. Released with the bytes. */
  modelRequest: Asked | undefined;

  constructor(originals: Originals, tenantId: string) {
    this.#originals = originals;
    this.#tenantId = tenantId;
  }

  /** The bytes. Undefined before they came and after their release. */
  get bytes(): Buffer | undefined {
    return this.#bytes;
  }

  /** How many bytes came, whether they are still here or not. */
  get length(): number {
    return this.#length;
  }

  /** Notes how many bytes came. */
  arrived(length: number): void {
    this.#length = length;
  }

  /** Keeps the bytes for every attempt. False when there is no room. */
  keep(bytes: Buffer): boolean {
    if (!this.#originals.take(this.#tenantId, bytes.length)) return false;
    this.#bytes = bytes;
    return true;
  }

  /** Gives up the bytes: no further attempt can be encoded. */
  release(): void {
    const bytes = this.#bytes;
    this.#bytes = undefined;
    this.modelRequest = undefined;
    if (bytes !== undefined && bytes.length > 0) this.#originals.release(this.#tenantId, bytes.length);
  }
}
