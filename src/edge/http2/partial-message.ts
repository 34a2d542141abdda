/** A message of which a part has come. */
export interface PartialMessage {
  /** Bytes there are, of the prefix and of the content together. */
  filled: number;
  /** The first byte of the prefix. */
  compression: number;
  /** The announced length of the content, as far as the prefix has come. */
  length: number;
  content: Buffer;
  /** Ticks since its first byte. */
  ageTicks: number;
}
