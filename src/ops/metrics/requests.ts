import { Gauge, type Registry } from "prom-client";
import type { Respond } from "../../http/handler.ts";
import { pathOf } from "../../http/path.ts";
import type { RouteOf } from "../../http/route-of.ts";
import { Distribution, type Series } from "./distribution.ts";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Returns what measures each request. A live stream has no duration, so it is left out. */
export function createRequestMetrics(registry: Registry) {
  const durations = new Distribution({
    name: "taskflow_http_request_duration_seconds",
    help: "Time from the arrival of a request until its response is ready, without live streams.",
    labelNames: ["route", "method", "status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
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

  const known = new Map<string, Series>();

  /** Returns one of a bounded number of series: routes, methods and the first digits of a status are fixed sets. */
  function seriesOf(route: string, method: string, digit: number): Series {
    const key = `${digit} ${method} ${route}`;
    const series = known.get(key) ?? durations.series({ route, method, status: `${digit}xx` });
    known.set(key, series);
    return series;
  }

  return (respond: Respond, routeOf: RouteOf): Respond =>
    async (request, server) => {
      const started = performance.now();
      inFlight++;
      let status = 500;
      let isStream = false;
      try {
        const response = await respond(request, server);
        status = response.status;
        isStream = response.headers.get("content-type") === "text/event-stream";
        return response;
      } finally {
        inFlight--;
        if (!isStream) {
          const method = METHODS.has(request.method) ? request.method : "other";
          const route = routeOf(method, pathOf(request.url)) ?? "unmatched";
          seriesOf(route, method, Math.trunc(status / 100)).observe((performance.now() - started) / 1000);
        }
      }
    };
}
