import { z } from "zod";
import type { KindContext } from "../core/kind.ts";
import type { Provider } from "./provider.ts";

/** One kind of backend the config may have. */
export interface ProviderKind {
  readonly type: string;
  /** The keys of a backend's section that are this provider's own, besides those every backend may have (`provider`, `region`, `private`, `price`, `tls`). */
  readonly schema: z.ZodObject;
  /** `section` is as parsed by the schema, with references to secrets resolved. */
  create(section: never, context: KindContext): Provider;
}

/** Ties a section's shape to the provider made of it. */
export function defineProvider<Schema extends z.ZodObject>(kind: {
  readonly type: string;
  readonly schema: Schema;
  create(section: z.output<Schema>, context: KindContext): Provider;
}): ProviderKind {
  return kind;
}

/** A backend's `endpoint`: the base URL as the vendor's SDK takes it, without query or fragment. */
export const endpointUrl = z
  .url({ protocol: /^https?$/, error: "must be a URL that begins with http:// or https://" })
  .transform((text) => new URL(text))
  .refine((url) => url.search === "" && url.hash === "", "must not have a query or a fragment");

/** A backend's `apiKey`: anything that can stand in a header. */
export const apiKeyText = z.string().regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces");
