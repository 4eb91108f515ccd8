import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { Config } from "../../config.ts";
import type { Logger } from "../logging.ts";

/** Returns what sends spans to a collector (OTLP over HTTP). The log says once when that begins to fail. */
export function createExporter(
  { endpoint, headers }: NonNullable<Config["traces"]>,
  timeoutMillis: number,
  logger: Logger,
): SpanExporter {
  const url = `${endpoint.href.replace(/\/$/, "")}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis });
  let isFailing = false;

  function report({ code }: ExportResult) {
    const failed = code !== ExportResultCode.SUCCESS;
    if (failed === isFailing) return;
    isFailing = failed;
    if (failed)
      logger.warn("traces are lost: the collector does not accept them", { "url.full": withoutPassword(url) });
    else logger.info("the collector accepts traces again");
  }

  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        report(result);
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.username = shown.password = shown.search = "";
  return shown.href;
}
