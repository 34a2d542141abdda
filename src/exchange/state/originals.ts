import { FairShare } from "../../core/fair-share.ts";

/** Counts the bytes of request bodies that are kept for later attempts, over all exchanges, against one bound that tenants share fairly. */
export class Originals {
  readonly #share: FairShare;

  constructor(limitBytes: number) {
    this.#share = new FairShare(limitBytes);
  }

  get heldBytes(): number {
    return this.#share.used;
  }

  /** False when the tenant has no room: the request must not be kept. Every true is followed by one `release`. */
  take(tenantId: string, bytes: number): boolean {
    return this.#share.take(tenantId, bytes);
  }

  release(tenantId: string, bytes: number): void {
    this.#share.release(tenantId, bytes);
  }
}
