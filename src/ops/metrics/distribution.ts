import { Histogram, type LabelValues, type MetricObjectWithValues, type MetricValueWithName } from "prom-client";

/** One series of a distribution. */
export interface Series {
  observe(value: number): void;
}

interface Counts {
  readonly labels: LabelValues<string>;
  /** One for each bound, and one for what is above all of them. */
  readonly buckets: number[];
  sum: number;
}

interface Settings<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: Label[];
  /** Upper bounds of the buckets, ascending. */
  readonly buckets: number[];
  readonly registers: HistogramRegisters;
}

type HistogramRegisters = ConstructorParameters<typeof Histogram>[0]["registers"];

/**
 * A histogram for what happens thousands of times a second. The caller keeps each series, so that an observation is an
 * addition: prom-client builds a key from the labels each time, which takes longer than looking up a cached response.
 */
export class Distribution<Label extends string = never> extends Histogram<Label> {
  readonly #settings: Settings<Label>;
  readonly #series: Counts[] = [];

  constructor(settings: Settings<Label>) {
    super(settings);
    this.#settings = settings;
  }

  /** Adds a series. Call it once for each combination of labels. */
  series(labels: LabelValues<Label> = {}): Series {
    const { buckets: bounds } = this.#settings;
    const counts: Counts = { labels, buckets: [...bounds.map(() => 0), 0], sum: 0 };
    this.#series.push(counts);
    const { buckets } = counts;
    return {
      observe(value) {
        let index = 0;
        while (index < bounds.length && value > (bounds[index] as number)) index++;
        buckets[index] = (buckets[index] as number) + 1;
        counts.sum += value;
      },
    };
  }

  /** Returns the series in the form that prom-client exports. */
  override async get(): Promise<MetricObjectWithValues<MetricValueWithName<Label>>> {
    const { name, help, buckets: bounds } = this.#settings;
    const values = this.#series.flatMap(({ labels, buckets, sum }) => {
      let count = 0;
      const cumulative = buckets.map((own, index) => {
        count += own;
        return { metricName: `${name}_bucket`, labels: { ...labels, le: bounds[index] ?? "+Inf" }, value: count };
      });
      return [
        ...cumulative,
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      ];
    });
    return { name, help, type: "histogram", aggregator: "sum", values } as never;
  }
}
