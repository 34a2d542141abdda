/** Closes one part after the other; what cannot be closed is told and does not keep the rest, and with it the process. Never rejects. */
export async function closeAll(
  parts: readonly (() => Promise<unknown> | undefined)[],
  onFailure: (error: unknown) => void,
): Promise<void> {
  for (const close of parts)
    try {
      await close();
    } catch (error) {
      onFailure(error);
    }
}
