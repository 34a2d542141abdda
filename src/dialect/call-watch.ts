import { calledInput, isCutBy } from "./called-input.ts";
import type { ChoiceEvent } from "./model-event.ts";

/** Most characters of one call's arguments that are looked at. */
const argumentsCharsMax = 1024 * 1024;

/**
 * Follows the calls of a stream whose format has arguments as objects but shows them as they come: throws `upstream_invalid` when an answer ends as if whole
 * after a call whose arguments are no object.
 */
export class CallWatch {
  #pieces: string[] = [];
  #chars = 0;
  /** Arguments of a call that has ended and are no object. */
  #broken: string | undefined;

  follow(event: ChoiceEvent): void {
    switch (event.type) {
      case "tool_call":
        this.#leave();
        return;
      case "arguments":
        this.#chars += event.fragment.length;
        if (this.#chars <= argumentsCharsMax) this.#pieces.push(event.fragment);
        return;
      case "finish":
        this.#leave();
        if (this.#broken !== undefined && !isCutBy(event.reason)) calledInput(this.#broken, event.reason);
        return;
      default:
    }
  }

  #leave(): void {
    const written = this.#pieces.splice(0).join("");
    const isRead = this.#chars <= argumentsCharsMax;
    this.#chars = 0;
    if (isRead && calledInput(written, "length") === undefined) this.#broken ??= written;
  }
}
