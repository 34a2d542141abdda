import type { ByteRuns } from "../core/byte-runs.ts";
import { GatewayError } from "../core/errors.ts";
import type { Usage } from "../usage/usage.ts";
import { ChoiceDraft } from "./choice-draft.ts";
import type { AnswerContext, EventEncoder } from "./codec.ts";
import { stringifyExact } from "./exact-json.ts";
import type { AnswerChoice, ModelAnswer } from "./model-answer.ts";
import type { ModelEvent } from "./model-event.ts";

/** Most answers told apart. */
const choicesMax = 128;

/** Gathers an answer's events, and writes it when it is whole. */
export class WholeEncoder implements EventEncoder {
  readonly showsImages: boolean;
  readonly #write: (answer: ModelAnswer) => object;
  readonly #choices: ChoiceDraft[] = [];
  #model: string;
  #usage: Usage | undefined;

  constructor(context: AnswerContext, write: (answer: ModelAnswer) => object, showsImages = false) {
    this.showsImages = showsImages;
    this.#model = context.model;
    this.#write = write;
  }

  encode(event: ModelEvent, out: ByteRuns): void {
    switch (event.type) {
      case "start":
        this.#model = event.model ?? this.#model;
        return;
      case "usage":
        this.#usage = event.usage;
        return;
      case "end": {
        const [first = new ChoiceDraft(), ...rest] = this.#choices;
        const choices = [first.done(), ...rest.map((choice) => choice.done())] as const;
        const answer = { model: this.#model, choices: [...choices] as [AnswerChoice], usage: this.#usage };
        out.add(Buffer.from(stringifyExact(this.#write(answer))));
        return;
      }
      default:
        this.#choice(event.choice).add(event);
    }
  }

  /** Half a JSON object cannot be mended by more bytes: only a cut is honest. */
  breakOff(): Buffer {
    return nothing;
  }

  #choice(index: number): ChoiceDraft {
    if (index >= choicesMax) throw new GatewayError("upstream_invalid", "the provider gave too many answers");
    while (this.#choices.length <= index) this.#choices.push(new ChoiceDraft());
    return this.#choices[index] ?? new ChoiceDraft();
  }
}

const nothing = Buffer.alloc(0);
