import protobuf from "protobufjs";

/** The messages of OTLP (opentelemetry-proto 1.3) that carry spans, without what no spec reads. */
const messages = protobuf.Root.fromJSON({
  nested: {
    Request: { fields: { resourceSpans: { rule: "repeated", type: "ResourceSpans", id: 1 } } },
    ResourceSpans: {
      fields: { resource: { type: "Resource", id: 1 }, scopeSpans: { rule: "repeated", type: "ScopeSpans", id: 2 } },
    },
    Resource: { fields: { attributes: { rule: "repeated", type: "KeyValue", id: 1 } } },
    ScopeSpans: { fields: { spans: { rule: "repeated", type: "Span", id: 2 } } },
    Span: {
      fields: {
        traceId: { type: "bytes", id: 1 },
        spanId: { type: "bytes", id: 2 },
        traceState: { type: "string", id: 3 },
        parentSpanId: { type: "bytes", id: 4 },
        name: { type: "string", id: 5 },
        kind: { type: "int32", id: 6 },
        attributes: { rule: "repeated", type: "KeyValue", id: 9 },
        events: { rule: "repeated", type: "Event", id: 11 },
        status: { type: "Status", id: 15 },
      },
    },
    Event: { fields: { name: { type: "string", id: 2 }, attributes: { rule: "repeated", type: "KeyValue", id: 3 } } },
    Status: { fields: { code: { type: "int32", id: 3 } } },
    KeyValue: { fields: { key: { type: "string", id: 1 }, value: { type: "AnyValue", id: 2 } } },
    AnyValue: {
      fields: {
        stringValue: { type: "string", id: 1 },
        boolValue: { type: "bool", id: 2 },
        intValue: { type: "int64", id: 3 },
        doubleValue: { type: "double", id: 4 },
      },
    },
  },
}).lookupType("Request");

type Values = Record<string, unknown>;

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  /** 1: internal, 2: server, 3: client. */
  readonly kind: number;
  /** 2: error. */
  readonly status: number;
  readonly attributes: Values;
  readonly events: readonly { readonly name: string; readonly attributes: Values }[];
  readonly resource: Values;
}

interface Pair {
  readonly key: string;
  readonly value?: Values;
}
interface Encoded {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: Pair[] };
    readonly scopeSpans?: readonly { readonly spans?: readonly EncodedSpan[] }[];
  }[];
}
interface EncodedSpan {
  readonly traceId?: Uint8Array;
  readonly spanId?: Uint8Array;
  readonly parentSpanId?: Uint8Array;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes?: Pair[];
  readonly events?: readonly { readonly name: string; readonly attributes?: Pair[] }[];
  readonly status?: { readonly code?: number };
}

const hex = (bytes: Uint8Array = new Uint8Array()) => Buffer.from(bytes).toString("hex");
const valuesOf = (pairs: Pair[] = []): Values =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value ?? {})[0]]));

function decode(body: Uint8Array): Span[] {
  const { resourceSpans = [] } = messages.toObject(messages.decode(body), { longs: Number }) as Encoded;
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) =>
    scopeSpans.flatMap(({ spans = [] }) => spans.map((span) => decodeSpan(span, valuesOf(resource?.attributes)))),
  );
}

const decodeSpan = (span: EncodedSpan, resource: Values): Span => ({
  ...{ traceId: hex(span.traceId), spanId: hex(span.spanId), parentSpanId: hex(span.parentSpanId) },
  ...{ traceState: span.traceState ?? "", name: span.name, kind: span.kind, status: span.status?.code ?? 0 },
  attributes: valuesOf(span.attributes),
  events: (span.events ?? []).map(({ name, attributes }) => ({ name, attributes: valuesOf(attributes) })),
  resource,
});

/** Receives traces as a collector does: OTLP over HTTP, with protobuf. */
export function startCollector() {
  const spans: Span[] = [];
  const requests: { readonly path: string; readonly headers: Headers }[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      requests.push({ path: new URL(request.url).pathname, headers: request.headers });
      spans.push(...decode(await request.bytes()));
      return new Response(null, { headers: { "content-type": "application/x-protobuf" } });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    spans,
    requests,
    [Symbol.dispose]: () => void server.stop(true),
  };
}
