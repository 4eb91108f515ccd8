import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { version } from "../../../package.json";
import type { Config } from "../../config.ts";
import type { Respond } from "../../http/handler.ts";
import type { RouteOf } from "../../http/route-of.ts";
import { addObserver } from "../../observe.ts";
import type { Logger } from "../logging.ts";
import { createExporter } from "./exporter.ts";
import { observeRequests } from "./requests.ts";
import { createSpans } from "./spans.ts";

/** Spans that wait for the collector. Further ones are dropped. */
const QUEUE = 2048;
/** How long the collector may take to accept a batch: OpenTelemetry's default. */
const EXPORT_MS = 10_000;
/** How long a shutdown waits for the collector. */
const SHUTDOWN_MS = 2000;
/** A longer value is cut off, such as the statement of a query with many ids. */
const MAX_VALUE = 2000;

export interface Tracing {
  /** Returns a handler that traces requests, except probes and static files. */
  observeRequests(respond: Respond, routeOf: RouteOf): Respond;
  /** Sends what waits, for two seconds at most. */
  stop(): Promise<void>;
}

/**
 * Starts to trace requests, and what they cause, to an OpenTelemetry collector. It never delays a request: finished spans
 * wait in a queue of limited length, and are lost if the collector does not take them.
 */
export function startTracing(traces: NonNullable<Config["traces"]>, logger: Logger): Tracing {
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(
        resourceFromAttributes({
          "service.name": "taskflow",
          "service.version": version,
          "service.instance.id": Bun.randomUUIDv7(),
          "process.pid": process.pid,
        }),
      )
      // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES.
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(traces.ratio) }),
    spanLimits: { attributeValueLengthLimit: MAX_VALUE },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: createExporter(traces, EXPORT_MS, logger),
        maxQueueSize: QUEUE,
        exportTimeoutMillis: EXPORT_MS,
      }),
    ],
  });
  const spans = createSpans(provider.getTracer("taskflow", version));
  addObserver(spans);
  logger.context = spans.ids;
  return {
    observeRequests: (respond, routeOf) => observeRequests(spans, respond, routeOf),
    stop: () => Promise.race([provider.shutdown().catch(() => {}), Bun.sleep(SHUTDOWN_MS)]),
  };
}
