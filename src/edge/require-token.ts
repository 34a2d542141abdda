import { createHash, timingSafeEqual } from "node:crypto";
import { type EdgeHandler, type EdgeMethod, grpcStatus } from "./edge.ts";

/** Initial gRPC metadata that carries the token of whoever may call. */
export const tokenKey = "x-tollgate-token";

/**
 * The same methods for those alone whose initial metadata carries the token; others get UNAUTHENTICATED before anything they send is
 * read. `onRefused` is told of each and must not throw.
 */
export function requireToken(
  methods: readonly EdgeMethod[],
  token: string,
  onRefused: () => void,
): readonly EdgeMethod[] {
  const expected = digest(token);
  return methods.map(({ path, open }) => ({
    path,
    open(stream, metadata) {
      if (timingSafeEqual(digest(metadata(tokenKey) ?? ""), expected)) return open(stream, metadata);
      onRefused();
      stream.fail(
        grpcStatus.unauthenticated,
        `initial metadata ${tokenKey} must carry server.token: generate Envoy's configuration again with \`tollgate envoy\``,
      );
      return deaf;
    },
  }));
}

/** Digests have one length, so that comparing tells nothing of the token. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

const deaf: EdgeHandler = { message: () => {}, halfClosed: () => {}, closed: () => {} };
