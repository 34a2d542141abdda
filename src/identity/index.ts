import { anonymous } from "./anonymous.ts";
import { apiKey } from "./api-key.ts";
import type { IdentityKind } from "./identity-kind.ts";

/** Every kind of entry the config's `identity` list may have. */
export const identityKinds: readonly IdentityKind[] = [apiKey, anonymous];
