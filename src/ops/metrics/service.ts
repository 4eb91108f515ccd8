import { Gauge, Registry } from "prom-client";
import type { Database } from "../../db/database.ts";
import type { RequestObserver } from "../../http/handler.ts";
import { addObserver } from "../../observe.ts";
import { addDatabaseMetrics } from "./database.ts";
import { addProcessMetrics } from "./process.ts";
import { createRequestMetrics } from "./requests.ts";
import type { Snapshot } from "./snapshot.ts";
import { addWorkMetrics } from "./work.ts";

/** The metrics of a process that handles requests. */
export interface ServiceMetrics {
  readonly requests: RequestObserver;
  /**
   * Adds what is read from parts of the server whenever metrics are.
   * @param streams the live feed
   * @param jobs the names of the jobs that will run
   */
  follow(db: Database, streams: { size(): number }, jobs: readonly string[]): void;
  snapshot(): Promise<Snapshot>;
}

/** Starts measuring. Call it before the database is opened. */
export function createServiceMetrics(): ServiceMetrics {
  const registry = new Registry();
  let refresh = async () => {};
  addProcessMetrics(registry);
  const { observer, expectJobs } = addWorkMetrics(registry);
  addObserver(observer);
  return {
    requests: createRequestMetrics(registry),
    follow(db, streams, jobs) {
      expectJobs(jobs);
      refresh = addDatabaseMetrics(registry, db);
      new Gauge({
        name: "taskflow_live_streams",
        help: "Live streams that are open.",
        registers: [registry],
        collect() {
          this.set(streams.size());
        },
      });
    },
    async snapshot() {
      await refresh();
      return registry.getMetricsAsJSON() as Promise<Snapshot>;
    },
  };
}
