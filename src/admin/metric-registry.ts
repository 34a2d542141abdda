import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { MaybePromise } from "../core/maybe-promise.ts";
import { type MetricDefinition, type MetricLabels, type MetricName, metricTable } from "./metric-table.ts";
import { Tally } from "./tally.ts";

/** Reports one value of a metric that is read when it is scraped. */
export type Report<Name extends MetricName> = (labels: MetricLabels<Name>, value: number) => void;

/** Creates metrics, all of them rows of {@link metricTable}, and renders them. Each metric is created once. */
export class MetricRegistry {
  readonly #registry = new Registry();

  /** The media type of {@link render}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Renders every metric in the Prometheus text format. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The names of the metrics created so far. */
  names(): readonly string[] {
    return this.#registry.getMetricsAsArray().map(({ name }) => name);
  }

  counter<Name extends MetricName<"counter">>(name: Name): Counter<keyof MetricLabels<Name> & string> {
    return new Counter(this.#options(name));
  }

  /** A counter for what every exchange counts; values are given in the order of the labels. */
  tally(name: MetricName<"counter">): Tally {
    const { help, labels } = metricTable[name];
    return new Tally({ name, help, labels, registry: this.#registry });
  }

  histogram<Name extends MetricName<"histogram">>(name: Name): Histogram<keyof MetricLabels<Name> & string> {
    return new Histogram({ ...this.#options(name), buckets: [...metricTable[name].buckets] });
  }

  /** A counter or gauge that is read at each scrape; series that `read` no longer reports are dropped. */
  read<Name extends MetricName<"counter" | "gauge">>(
    name: Name,
    read: (report: Report<Name>) => MaybePromise<void>,
  ): void {
    const options = this.#options(name);
    if (metricTable[name].kind === "gauge") {
      new Gauge({
        ...options,
        async collect() {
          const values: [MetricLabels<Name>, number][] = [];
          await read((labels, value) => values.push([labels, value]));
          this.reset();
          for (const [labels, value] of values) this.set(labels, value);
        },
      });
      return;
    }
    new Counter({
      ...options,
      async collect() {
        const values: [MetricLabels<Name>, number][] = [];
        await read((labels, value) => values.push([labels, value]));
        this.reset();
        for (const [labels, value] of values) this.inc(labels, value);
      },
    });
  }

  /** Adds prom-client's metrics of the process and of Node.js. */
  addProcessMetrics(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  #options<Name extends MetricName>(name: Name) {
    const { help, labels }: MetricDefinition = metricTable[name];
    const labelNames = labels as readonly (keyof MetricLabels<Name> & string)[];
    return { name, help, labelNames: [...labelNames], registers: [this.#registry] };
  }
}
