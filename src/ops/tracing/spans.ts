import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { AppError } from "../../errors.ts";
import type { Carry, Observer, Work } from "../../observe.ts";
import { describeError, type Fields } from "../logging.ts";

export type Spans = ReturnType<typeof createSpans>;

/** Returns what turns work into spans. The active span is kept per chain of asynchronous calls. */
export function createSpans(tracer: Tracer) {
  const active = new AsyncLocalStorage<Span | undefined>();

  /** @param finish sets what the result says about the span */
  function within<Result>(
    spans: readonly Span[],
    run: () => Result,
    finish?: (result: Awaited<Result>) => void,
  ): Result {
    const end = () => {
      for (const span of spans) span.end();
    };
    const fail = (error: unknown) => {
      for (const span of spans) recordError(span, error);
      end();
      throw error;
    };
    const succeed = (result: Awaited<Result>) => {
      finish?.(result);
      end();
      return result;
    };
    try {
      const [span] = spans;
      const result = span ? active.run(span, run) : run();
      if (result instanceof Promise) return result.then(succeed, fail) as Result;
      return succeed(result as Awaited<Result>) as Result;
    } catch (error) {
      return fail(error);
    }
  }

  const start = (work: Work, parent: Span | undefined) =>
    tracer.startSpan(
      work.kind === "job" ? `job ${work.name}` : work.name,
      { kind: work.kind === "query" ? SpanKind.CLIENT : SpanKind.INTERNAL, attributes: attributesOf(work) },
      parent ? trace.setSpan(ROOT_CONTEXT, parent) : ROOT_CONTEXT,
    );

  const observer: Observer = {
    /** Work belongs to the span that is active and has not ended. Only a job stands alone: a timer causes it. */
    run(work, run) {
      if (work.kind === "job") return within([start(work, undefined)], run);
      const parents = (work.completes ?? [undefined])
        .map((carry) => (carry ? carry(() => active.getStore()) : active.getStore()))
        .filter((parent) => parent?.isRecording());
      return parents.length === 0
        ? run()
        : within(
            parents.map((parent) => start(work, parent)),
            run,
          );
    },
    carry(): Carry {
      const span = active.getStore();
      return (run) => active.run(span, run);
    },
  };

  return {
    ...observer,

    /** Runs what responds to a request, in a span whose parent may be in another program. */
    request(
      name: string,
      attributes: Attributes,
      parent: Context,
      respond: () => Promise<Response>,
      finish: (span: Span, response: Response) => void,
    ): Promise<Response> {
      const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
      return within([span], respond, (response) => finish(span, response));
    },

    /** Returns the ids of the active span, for lines of the log. */
    ids(): Fields | undefined {
      const span = active.getStore();
      if (!span) return undefined;
      const { traceId, spanId, traceFlags } = span.spanContext();
      // A timer that a request has started runs on after it.
      const hasEnded = (traceFlags & TraceFlags.SAMPLED) !== 0 && !span.isRecording();
      return hasEnded ? undefined : { trace_id: traceId, span_id: spanId };
    },
  };
}

/** Names of OpenTelemetry's semantic conventions. */
function attributesOf({ kind, name, count, statement, engine }: Work): Attributes {
  const [operation, collection] = name.split(" ");
  switch (kind) {
    case "query":
      return {
        "db.system.name": engine === "postgres" ? "postgresql" : engine,
        "db.operation.name": operation,
        "db.collection.name": collection,
        "db.query.text": statement,
      };
    case "commit":
      return { "taskflow.commit.writes": count };
    case "delivery":
      return { "taskflow.delivery.streams": count };
    default:
      return {};
  }
}

/** Errors whose cause is the client are results, not failures. */
function recordError(span: Span, error: unknown) {
  const isAppError = error instanceof AppError;
  span.setAttribute("error.type", isAppError ? error.code : String(describeError(error)["exception.type"]));
  if (isAppError && error.code !== "internal" && error.code !== "unavailable") return;
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.addEvent("exception", describeError((isAppError && error.cause) || error));
}
