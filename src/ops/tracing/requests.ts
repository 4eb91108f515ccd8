import { ROOT_CONTEXT, SpanStatusCode, type TextMapGetter } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { isQuiet } from "../../http/access-log.ts";
import type { Respond } from "../../http/handler.ts";
import { pathOf } from "../../http/path.ts";
import { type RouteOf, safePath } from "../../http/route-of.ts";
import type { Spans } from "./spans.ts";

const propagator = new W3CTraceContextPropagator();
const getter: TextMapGetter<Headers> = {
  keys: (headers) => [...headers.keys()],
  get: (headers, name) => headers.get(name) ?? undefined,
};

/** Returns a handler that traces requests: as a part of the caller's trace, if there is one (W3C Trace Context). */
export const observeRequests =
  (spans: Spans, respond: Respond, routeOf: RouteOf): Respond =>
  (request, server) => {
    const { method, headers, url } = request;
    const path = pathOf(url);
    if (isQuiet(path)) return respond(request, server);
    const route = routeOf(method, path);
    return spans.request(
      route === undefined ? method : `${method} ${route}`,
      {
        "http.request.method": method,
        "url.scheme": url.slice(0, url.indexOf(":")),
        "url.path": safePath(routeOf, path, route),
        "http.route": route,
      },
      propagator.extract(ROOT_CONTEXT, headers, getter),
      () => respond(request, server),
      (span, { status, headers: sent }) => {
        span.setAttribute("http.response.status_code", status);
        span.setAttribute("request.id", sent.get("x-request-id") ?? "");
        if (status < 500) return;
        span.setAttribute("error.type", String(status));
        span.setStatus({ code: SpanStatusCode.ERROR });
      },
    );
  };
