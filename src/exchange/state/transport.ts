import type { ClientCodec, UpstreamCodec } from "../../dialect/codec.ts";
import type { Dialect, Operation } from "../../dialect/dialect.ts";

/** The form in which a request reaches a provider: its own bytes, or translated to the provider's format. */
export type Transport =
  | { readonly kind: "pass"; readonly dialect: Dialect; readonly operation: Operation }
  | {
      readonly kind: "translate";
      /** The provider's. */
      readonly dialect: Dialect;
      /** The operation asked of the provider. */
      readonly operation: Operation;
      readonly client: ClientCodec;
      readonly upstream: UpstreamCodec;
    };
