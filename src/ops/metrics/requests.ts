import { Counter, Gauge, type Registry } from "prom-client";
import type { RequestObserver } from "../../http/handler.ts";
import { Distribution, type Series } from "./distribution.ts";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

const HEALTH_CHECKS = new Set(["/healthz", "/readyz"]);

/** Returns what measures each request. A live stream has no duration, so it is left out. */
export function createRequestMetrics(registry: Registry): RequestObserver {
  const durations = new Distribution({
    name: "taskflow_http_request_duration_seconds",
    help: "Time from the arrival of a request until its response is ready, without live streams.",
    labelNames: ["route", "method", "status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
    registers: [registry],
  });
  let inFlight = 0;
  new Gauge({
    name: "taskflow_http_requests_in_flight",
    help: "Requests that wait for their response.",
    registers: [registry],
    collect() {
      this.set(inFlight);
    },
  });

  // From 0 on: Prometheus sees no rise in a series that begins with the first failures.
  const failed = new Counter({
    name: "taskflow_http_requests_failed_total",
    help: "Requests whose response has a 5xx status, without health checks.",
    registers: [registry],
  });
  const byRoute = new Map<string, Map<string, Series[]>>();

  /** Returns one of a bounded number of series: routes, methods and the first digits of a status are fixed sets. */
  function seriesOf(route: string, method: string, digit: number): Series {
    const known = byRoute.get(route)?.get(method)?.[digit];
    if (known) return known;
    const byMethod = byRoute.get(route) ?? new Map<string, Series[]>();
    const byDigit = byMethod.get(method) ?? [];
    const series = durations.series({ route, method, status: `${digit}xx` });
    byDigit[digit] = series;
    byRoute.set(route, byMethod.set(method, byDigit));
    return series;
  }

  return {
    started: () => void inFlight++,
    streams: () => void inFlight--,
    finished(method, route = "unmatched", status, milliseconds) {
      inFlight--;
      const known = METHODS.has(method) ? method : "other";
      const digit = Math.trunc(status / 100);
      seriesOf(route, known, digit).observe(milliseconds / 1000);
      if (digit === 5 && !HEALTH_CHECKS.has(route)) failed.inc();
    },
  };
}
