import { Counter, Registry } from "prom-client";
import type { Config } from "../../config.ts";
import { addObserver } from "../../observe.ts";
import type { Logger } from "../logging.ts";
import { createHostMetrics } from "./host.ts";
import { addProcessMetrics } from "./process.ts";
import { listenForOperators } from "./server.ts";
import type { Snapshot } from "./snapshot.ts";
import { textResponse } from "./totals.ts";

/**
 * Serves the metrics of the process that makes the daily backups: disks, the newest backup, and failures.
 * @returns the URL
 * @throws CommandError that names METRICS_PORT or METRICS_HOST if it can't listen
 */
export function startBackupMetrics(config: Config, address: NonNullable<Config["metrics"]>, logger: Logger): string {
  const readHost = createHostMetrics(config);
  const registry = new Registry();
  addProcessMetrics(registry);
  const failures = new Counter({
    name: "taskflow_backup_failures_total",
    help: "Attempts to create a backup that failed.",
    registers: [registry],
  });
  addObserver({
    run: (_, run) => run(),
    count: (thing) => thing === "backup" && failures.inc(),
  });
  return listenForOperators(
    address,
    {
      "GET /metrics": async (request) =>
        textResponse([...(await readHost()), ...((await registry.getMetricsAsJSON()) as Snapshot)], request),
    },
    logger,
  ).url;
}
