/** Begins a proof of thoughts that this gateway handed on, so that it can be told from one of a server that speaks chat itself. */
const prefix = "tollgate:";

/** How a sealed proof begins in a body. */
export const sealMark = `"${prefix}`;

/** A provider's proof of its thoughts, or the thoughts that it enciphered, for a client to hand back. */
export function sealThought(proof: string): string {
  return prefix + proof;
}

/** True for a proof that {@link sealThought} made. */
export function isSealed(proof: string): boolean {
  return proof.startsWith(prefix);
}

/** The provider's own proof; one that was never sealed stays. */
export function unsealThought(proof: string): string {
  return isSealed(proof) ? proof.slice(prefix.length) : proof;
}
