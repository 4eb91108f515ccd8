import type { Snapshot } from "./snapshot.ts";

type Labels = Readonly<Record<string, string>>;

/** Returns the sum of the series of a metric that have some labels; undefined if there are none. */
export function sumOf(snapshot: Snapshot, name: string, labels: Labels = {}): number | undefined {
  const values = valuesOf(snapshot, name).filter((value) => has(value.labels, labels));
  return values.length === 0 ? undefined : values.reduce((sum, { value }) => sum + value, 0);
}

/** Returns the values of a metric, or of a part of a histogram such as `…_count`. */
export function valuesOf(snapshot: Snapshot, name: string): Snapshot[number]["values"] {
  const metric = snapshot.find((each) => each.name === name || name.replace(/_(count|sum|bucket)$/, "") === each.name);
  return metric?.values.filter(({ metricName = metric.name }) => metricName === name) ?? [];
}

const has = (labels: Readonly<Partial<Record<string, string | number>>>, wanted: Labels) =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

/** Upper bounds and cumulative counts, in ascending order. */
export type Buckets = readonly (readonly [bound: number, count: number])[];

/** Returns the buckets of all series of a histogram together. */
export function bucketsOf(snapshot: Snapshot, histogram: string): Buckets {
  const counts = new Map<number, number>();
  for (const { labels, value } of valuesOf(snapshot, `${histogram}_bucket`)) {
    const bound = labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le);
    counts.set(bound, (counts.get(bound) ?? 0) + value);
  }
  return [...counts].toSorted(([one], [other]) => one - other);
}

/**
 * Returns what a share of the observations between two moments stay below, as Prometheus's `histogram_quantile` does:
 * within a bucket they count as evenly spread. Undefined if there were none.
 */
export function quantile(share: number, before: Buckets, after: Buckets): number | undefined {
  const counts = after.map(([bound, count], index) => [bound, Math.max(0, count - (before[index]?.[1] ?? 0))] as const);
  const wanted = (counts.at(-1)?.[1] ?? 0) * share;
  const index = counts.findIndex(([, count]) => count >= wanted);
  const [bound, count] = counts[index] ?? [0, 0];
  const [lower, below] = counts[index - 1] ?? [0, 0];
  if (wanted === 0) return undefined;
  if (bound === Number.POSITIVE_INFINITY) return lower;
  return lower + ((bound - lower) * (wanted - below)) / (count - below);
}
