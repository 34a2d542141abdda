import { assert, GatewayError } from "../../core/errors.ts";
import { JsonTextFilter } from "./json-text-filter.ts";
import { holdBackCharsLimit, type MakeTextFilter, type TextPlace, type TextStage } from "./text-filter.ts";

/** A filter's decision that an answer may not go on. */
export class TextBlocked extends GatewayError {
  constructor(why: GatewayError) {
    const { param, retryAfterMs } = why;
    super(why.code, why.message, { cause: why, retryAfterMs, ...(param === undefined ? {} : { param }) });
  }
}

/** Makes the stages of one answer's texts. */
export class TextStages {
  readonly #make: MakeTextFilter;
  /** True once a text of the answer has a filter. */
  made = false;

  constructor(make: MakeTextFilter) {
    this.#make = make;
  }

  /** The stage of one text; `json`: it is JSON, of which only the strings are filtered. Undefined if the text passes as it is. */
  of(place: TextPlace, json: boolean): TextStage | undefined {
    const filter = this.#filterOf(place);
    if (filter === undefined || !json) return filter;
    return new JsonTextFilter(() => this.#filterOf(place));
  }

  #filterOf(place: TextPlace): TextStage | undefined {
    const filter = this.#make(place);
    if (filter === undefined) return undefined;
    this.made = true;
    const { holdBackCharsMax } = filter;
    assert(
      holdBackCharsMax <= holdBackCharsLimit,
      `a filter holds back at most ${holdBackCharsLimit} characters`,
    );
    return {
      push: (text) => blocking(() => filter.push(text)),
      end: () => blocking(() => filter.end()),
    };
  }
}

function blocking(work: () => string): string {
  try {
    return work();
  } catch (error) {
    throw error instanceof GatewayError ? new TextBlocked(error) : error;
  }
}
