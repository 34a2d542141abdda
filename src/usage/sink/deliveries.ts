import { type Delivery, type DeliveryHealth, startDelivery } from "./delivery.ts";
import type { Sink } from "./sink.ts";

/** The deliveries of a usage log to its sinks, one a sink, over the changes of a config. */
export class Deliveries {
  readonly #folder: string;
  readonly #running = new Map<string, Delivery>();
  #turn: Promise<void> = Promise.resolve();

  /** `folder`: the usage log's. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  health(): readonly DeliveryHealth[] {
    return [...this.#running.values()].map((delivery) => delivery.health());
  }

  /** Delivers to these sinks from now on; one that was there goes on from its cursor, one that is not there any more ends. Never rejects. */
  take(sinks: readonly Sink[]): Promise<void> {
    this.#turn = this.#turn.then(() => this.#replace(sinks));
    return this.#turn;
  }

  /** Ends them all; nothing is delivered after it resolves. */
  close(): Promise<void> {
    return this.take([]);
  }

  async #replace(sinks: readonly Sink[]): Promise<void> {
    for (const [name, delivery] of this.#running) {
      if (sinks.some((sink) => sink.name === name)) continue;
      this.#running.delete(name);
      await delivery.close();
    }
    for (const sink of sinks) {
      const running = this.#running.get(sink.name);
      if (running === undefined) this.#running.set(sink.name, startDelivery({ folder: this.#folder, sink }));
      else running.use(sink);
    }
  }
}
