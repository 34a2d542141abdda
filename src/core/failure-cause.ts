/** How deep causes are followed. */
const depthMax = 8;

/**
 * The reason why a request to another server failed, in a word: the innermost code (`ECONNREFUSED`, `ENOTFOUND`, `CERT_HAS_EXPIRED`), else the
 * innermost error's name (`TimeoutError`). Never its message, which may quote a URL with credentials.
 */
export function failureCause(error: unknown): string {
  let cause = "unknown";
  let at = error;
  for (let depth = 0; at instanceof Error && depth < depthMax; depth++) {
    if ("code" in at && typeof at.code === "string") cause = at.code;
    else if (cause === "unknown" || at.cause === undefined) cause = at.name;
    at = at.cause;
  }
  return cause;
}
