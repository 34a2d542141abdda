import type { GatewayError } from "../core/errors.ts";
import type { Usage } from "../usage/usage.ts";
import type { ResponseSeen } from "./dialect.ts";

/** What a response transform has learnt, while it learns. */
export class ResponseState implements ResponseSeen {
  usage: Usage | undefined;
  usagePartial = false;
  model: string | undefined;
  finishReason: string | undefined;
  content = false;
  complete = false;
  error: GatewayError | undefined;
  readonly #onText: (text: string) => void;

  constructor(onText: (text: string) => void) {
    this.#onText = onText;
  }

  /** Notes billed output text, whatever its shape was checked to be: only non-empty strings count. */
  text(value: unknown): void {
    if (typeof value !== "string" || value === "") return;
    this.content = true;
    this.#onText(value);
  }

  /** Takes over a usage that the provider sent; later ones replace earlier ones. */
  bill(usage: Usage): void {
    this.usage = usage;
    this.usagePartial = usage.inputTokens === undefined || usage.outputTokens === undefined;
  }
}
