import { type Buckets, bucketsOf, quantile, sumOf } from "./read.ts";
import type { Snapshot } from "./snapshot.ts";

const INTERVAL_MS = 30_000;
const HOUR_MS = 60 * 60 * 1000;
const REQUESTS = "taskflow_http_request_duration_seconds";

/** What was counted until a moment. */
interface Sample {
  readonly at: number;
  readonly requests: number;
  readonly errors: number;
  readonly writes: number;
  readonly durations: Buckets;
}

/** What happened between two moments. */
export interface Rates {
  /** The end, as Unix time in milliseconds. */
  readonly at: number;
  readonly requestsPerSecond: number;
  readonly errorsPerSecond: number;
  readonly writesPerSecond: number;
  /** What 95 % of the requests stayed below, in seconds; undefined without any. */
  readonly slowest: number | undefined;
}

/** Keeps the rates of the last hour. @returns what reads them, oldest first, and what stops */
export function keepRates(collect: () => Promise<Snapshot>) {
  const rates: Rates[] = [];
  let last: Sample | undefined;

  async function sample() {
    const next = sampleOf(await collect());
    if (last) rates.push(ratesBetween(last, next));
    last = next;
    while ((rates[0]?.at ?? next.at) < next.at - HOUR_MS) rates.shift();
  }
  const timer = setInterval(() => void sample().catch(() => {}), INTERVAL_MS);
  return { read: (): readonly Rates[] => rates, start: sample, stop: () => clearInterval(timer) };
}

const sampleOf = (snapshot: Snapshot): Sample => ({
  at: Date.now(),
  requests: sumOf(snapshot, `${REQUESTS}_count`) ?? 0,
  errors: sumOf(snapshot, `${REQUESTS}_count`, { status: "5xx" }) ?? 0,
  writes: sumOf(snapshot, "taskflow_write_duration_seconds_count") ?? 0,
  durations: bucketsOf(snapshot, REQUESTS),
});

function ratesBetween(before: Sample, after: Sample): Rates {
  const seconds = Math.max(0.001, (after.at - before.at) / 1000);
  const rate = (name: "requests" | "errors" | "writes") => Math.max(0, after[name] - before[name]) / seconds;
  return {
    at: after.at,
    requestsPerSecond: rate("requests"),
    errorsPerSecond: rate("errors"),
    writesPerSecond: rate("writes"),
    slowest: quantile(0.95, before.durations, after.durations),
  };
}
