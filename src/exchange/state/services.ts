import type { ExchangeHooks } from "./exchange.ts";
import type { ExchangeServices } from "./exchange-services.ts";
import type { Registry } from "./registry.ts";

/** The services that open, find and end exchanges, created once in the composition root. */
export interface Services extends ExchangeServices, ExchangeHooks {
  readonly registry: Registry;
  /** True if the gateway should be sent requests. */
  readonly isReady: () => boolean;
}
