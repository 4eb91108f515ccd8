import type { MetricObjectWithValues, MetricValueWithName } from "prom-client";

/** The metrics of a process at one moment, which can be sent to another process. */
export type Snapshot = MetricObjectWithValues<MetricValueWithName<string>>[];
