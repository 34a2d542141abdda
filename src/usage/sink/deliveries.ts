import type { Clock } from "../../core/clock.ts";
import { FaultReporter } from "../../core/fault-reporter.ts";
import type { Log } from "../../core/log.ts";
import { type Delivery, type DeliveryFaults, type DeliveryHealth, startDelivery } from "./delivery.ts";
import type { Sink } from "./sink.ts";

/** The deliveries of a usage log to its sinks, one a sink, over the changes of a config. */
export class Deliveries {
  readonly #folder: string;
  readonly #services: { readonly log: Log; readonly clock: Clock };
  readonly #running = new Map<string, Delivery>();
  #turn: Promise<void> = Promise.resolve();

  /** `folder`: the usage log's. `services`: how failing sinks are logged. */
  constructor(folder: string, services: { readonly log: Log; readonly clock: Clock }) {
    this.#folder = folder;
    this.#services = services;
  }

  health(): readonly DeliveryHealth[] {
    return [...this.#running.values()].map((delivery) => delivery.health());
  }

  /** Delivers to these sinks from now on; one that was there goes on from its cursor, one that is not there any more ends. Never rejects. */
  take(sinks: readonly Sink[]): Promise<void> {
    this.#turn = this.#turn.then(() => this.#replace(sinks));
    return this.#turn;
  }

  /** Ends them all. No records are delivered after it resolves. */
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
      if (running === undefined) this.#running.set(sink.name, this.#start(sink));
      else running.use(sink);
    }
  }

  #start(sink: Sink): Delivery {
    return startDelivery({ folder: this.#folder, sink, faults: this.#faultsOf(sink.name) });
  }

  #faultsOf(sink: string): DeliveryFaults {
    const what = `usage sink ${sink}`;
    const delivery = new FaultReporter(this.#services, {
      what,
      failing: "takes no records",
      recovered: "takes records again",
      effect: "they wait in the usage log",
    });
    const refusals = new FaultReporter(this.#services, {
      what,
      failing: "refuses records",
      recovered: "took the next records",
      effect: `each is kept in refused-${sink}.jsonl`,
    });
    return { delivery: delivery.hooks, refusals: refusals.hooks };
  }
}
