import { FairShare } from "../../core/fair-share.ts";

/** A body up to this size takes nothing of the budget: as much as one connection buffers anyway. */
export const freeBodyBytes = 65_536;

/** Whose body it is: tenants share the budget, and the keys of a tenant share the tenant's part. */
export interface BodyOwner {
  readonly tenantId: string;
  readonly key: string;
}

/**
 * Bounds the bytes of request bodies that are on their way in, which Envoy buffers until they are whole. Room is taken by a body's declared
 * length, when its headers are there. Bodies never wait for room, since Envoy would go on buffering meanwhile.
 */
export class Intake {
  readonly #limitBytes: number;
  readonly #tenants: FairShare;
  /** The keys of each tenant that has taken anything. */
  readonly #keys = new Map<string, FairShare>();

  /** `limitBytes`: of all bodies together. A tenant alone gets half of it, a key alone a quarter. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.#tenants = new FairShare(limitBytes);
  }

  /** Bytes taken now. */
  get usedBytes(): number {
    return this.#tenants.used;
  }

  /** False when the key or its tenant has no room. Every true is followed by one `release` of as many bytes. */
  take({ tenantId, key }: BodyOwner, bytes: number): boolean {
    const keys = this.#keys.get(tenantId) ?? new FairShare(this.#limitBytes / 2);
    if (!this.#tenants.fits(tenantId, bytes) || !keys.take(key, bytes)) return false;
    this.#keys.set(tenantId, keys);
    return this.#tenants.take(tenantId, bytes);
  }

  release({ tenantId, key }: BodyOwner, bytes: number): void {
    this.#tenants.release(tenantId, bytes);
    const keys = this.#keys.get(tenantId);
    keys?.release(key, bytes);
    if (keys?.used === 0) this.#keys.delete(tenantId);
  }
}
