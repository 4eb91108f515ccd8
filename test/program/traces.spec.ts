import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { signUp } from "../support/client.ts";
import { expectStartError } from "../support/command-errors.ts";
import { follow } from "../support/events.ts";
import { freePort } from "../support/free-port.ts";
import { type Span, startCollector } from "../support/otlp.ts";
import { engine, type Program, startProgram, tamper } from "../support/program.ts";
import { waitUntil } from "../support/wait-until.ts";

setDefaultTimeout(180_000);

const newTrace = () => crypto.randomUUID().replaceAll("-", "");
const PARENT = "00f067aa0ba902b7";
const SECRET = "a secret that must never be in a trace";
const PRODUCTION = { NODE_ENV: "production", JWT_SECRET: SECRET };

/** Returns the headers of a caller that traces, and has decided whether this trace is sampled. */
const within = (trace: string, sampled = true) => ({
  traceparent: `00-${trace}-${PARENT}-0${sampled ? 1 : 0}`,
  tracestate: "vendor=value",
});

/** Returns the names of spans, each indented below its parent, without repetitions. */
function treeOf(spans: readonly Span[], parent = PARENT, depth = 0): string[] {
  const names = new Set<string>();
  for (const { name, spanId } of spans.filter(({ parentSpanId }) => parentSpanId === parent))
    for (const line of [`${"  ".repeat(depth)}${name}`, ...treeOf(spans, spanId, depth + 1)]) names.add(line);
  return [...names];
}

describe("traces", () => {
  it("follow a request to its queries, its commit and the delivery of its change, in the trace of the caller", async () => {
    using collector = startCollector();
    await using program = await startProgram({ ...PRODUCTION, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    const ada = await signUp(program.url);
    const [sampled, unsampled, read] = [newTrace(), newTrace(), newTrace()];
    await using feed = await follow(ada);
    const json = { title: "private-title", description: "private-description", labels: ["private-label"] };
    const created = await ada.send("/api/tasks", { json, headers: within(sampled) });
    expect(created.status).toBe(201);
    const { id } = (await created.json()) as { id: string };
    await feed.until(({ events }) => events.some(({ data }) => data.includes(id)));
    await ada.send("/api/tasks", { json, headers: within(unsampled, false) });
    const together = Array.from({ length: 8 }, newTrace);
    await Promise.all(together.map((trace) => ada.send("/api/tasks", { json, headers: within(trace) })));
    await ada.send("/api/tasks?q=private-query", { headers: within(read) });
    await ada.send("/healthz", { headers: within(newTrace()) });
    await ada.send("/api/labels/private-label", { method: "PATCH", json: { name: "private-name" } });
    await program.waitFor(/"\/api\/labels\/:name"/);
    expect(await program.stop()).toBe(0);

    const { spans } = collector;
    const ofTrace = (trace: string) => spans.filter(({ traceId }) => traceId === trace);
    const tree = treeOf(ofTrace(sampled)).join("\n");
    expect(tree).toStartWith("POST /api/tasks\n");
    expect(tree).toMatch(/^ {2}accounts\.findSession$/m);
    expect(tree).toMatch(/^ {2}tasks\.createTask$/m);
    expect(tree).toMatch(/^ {4}write$/m);
    for (const below of ["insert tasks", "insert changes", "commit", "deliver changes"])
      expect(tree).toContain(`\n      ${below}`);
    expect(tree).toMatch(/^ {8}changes$/m);

    const request = ofTrace(sampled).find(({ kind }) => kind === 2);
    expect(request).toMatchObject({
      parentSpanId: PARENT,
      traceState: "vendor=value",
      attributes: {
        "http.request.method": "POST",
        "http.route": "/api/tasks",
        "url.path": "/api/tasks",
        "url.scheme": "http",
        "http.response.status_code": 201,
        "request.id": created.headers.get("x-request-id") ?? "",
      },
      resource: { "service.name": "taskflow", "service.version": expect.any(String) },
    });
    const query = ofTrace(sampled).find(({ name }) => name === "insert tasks");
    expect(query).toMatchObject({
      kind: 3,
      attributes: {
        "db.system.name": engine === "sqlite" ? "sqlite" : "postgresql",
        "db.collection.name": "tasks",
        "db.query.text": expect.stringMatching(/^insert into "tasks"/),
      },
    });
    expect(treeOf(ofTrace(read)).join("\n")).toMatch(/^ {2}tasks\.listTasks\n( {4}.*\n)* {4}select tasks$/m);
    expect(ofTrace(unsampled)).toEqual([]);
    // Writes that share a commit keep apart.
    const counts = together.map((trace) =>
      ["insert tasks", "commit"].map((each) => ofTrace(trace).filter(({ name }) => name === each).length),
    );
    expect(counts).toEqual(together.map(() => [1, 1]));
    expect(spans.filter(({ name }) => name.includes("healthz"))).toEqual([]);
    expect(
      spans.filter(({ name, parentSpanId }) => name === "PATCH /api/labels/:name" && parentSpanId === ""),
    ).toHaveLength(1);
    const written = JSON.stringify(spans);
    for (const secret of ["private", ada.token, ada.email, ada.password, SECRET])
      expect(written.includes(secret)).toBe(false);

    const lines = program
      .output()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const line = lines.find((each) => each["request.id"] === created.headers.get("x-request-id"));
    expect(line).toMatchObject({ trace_id: sampled, span_id: request?.spanId });
  });

  it("name a failure by the id that the page shows and the log has", async () => {
    using collector = startCollector();
    const environment = {
      ...PRODUCTION,
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/otlp`,
      OTEL_SERVICE_NAME: "tasks",
    };
    await using program = await startProgram({
      ...environment,
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20abc",
    });
    const ada = await signUp(program.url);
    await breakWrites(program);
    const failed = await ada.send("/api/tasks", { json: { title: "private-title" } });
    const { requestId } = (await failed.json()) as { requestId: string };
    const page = await ada.send("/tasks", {
      method: "POST",
      body: new URLSearchParams({ title: "private-title" }),
      headers: { "hx-request": "true" },
    });
    expect(page.status).toBe(500);
    expect(await page.text()).toContain(`Request id: ${page.headers.get("x-request-id")}`);
    expect(await program.stop()).toBe(0);

    const [request] = collector.spans.filter(({ attributes }) => attributes["request.id"] === requestId);
    expect(request).toMatchObject({ name: "POST /api/tasks", status: 2, attributes: { "error.type": "500" } });
    const trace = collector.spans.filter(({ traceId }) => traceId === request?.traceId);
    const failure = trace.find(({ name }) => name === "tasks.createTask");
    expect(failure).toMatchObject({
      status: 2,
      events: [{ name: "exception" }],
      resource: { "service.name": "tasks" },
    });
    expect(JSON.stringify(trace)).not.toContain("private");
    const lines = program
      .output()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const errors = lines.filter((line) => line["request.id"] === requestId && line.severity_text === "ERROR");
    expect(errors.map(({ trace_id }) => trace_id)).toEqual([request?.traceId, request?.traceId]);
    expect(collector.requests[0]?.path).toBe("/otlp/v1/traces");
    expect(collector.requests[0]?.headers.get("authorization")).toBe("Basic abc");
  });

  it("come from every worker, and from jobs", async () => {
    using collector = startCollector();
    await using program = await startProgram({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, ["--workers", "2"]);
    const traces = Array.from({ length: 20 }, newTrace);
    for (const trace of traces)
      await fetch(`${program.url}/login`, { headers: { ...within(trace), connection: "close" } });
    await waitUntil(() => collector.spans.some(({ name }) => name.startsWith("job ")));
    expect(await program.stop()).toBe(0);
    const found = new Set(collector.spans.map(({ traceId }) => traceId));
    expect(new Set(collector.spans.map(({ resource }) => resource["service.instance.id"])).size).toBe(2);
    expect(traces.filter((trace) => !found.has(trace))).toEqual([]);
  });
});

describe("a collector that does not work", () => {
  it("delays no request, and is reported once", async () => {
    using collector = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(null, { status: 403 }) });
    const endpoint = `http://127.0.0.1:${collector.port}`;
    await using program = await startProgram({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    const ada = await signUp(program.url);
    // More spans than one batch holds, so that it is sent at once.
    for (let count = 0; count < 5; count++)
      await Promise.all(Array.from({ length: 100 }, () => ada.send("/api/tasks").then((response) => response.text())));
    await program.waitFor(/traces are lost/);
    expect((await ada.send("/api/tasks", { json: { title: "Works" } })).status).toBe(201);
    expect(await program.stop()).toBe(0);
    expect(program.output().match(/traces are lost.*/g)).toEqual([expect.stringContaining(endpoint)]);
  });

  const refuse = () => ({ port: freePort(), [Symbol.asyncDispose]: async () => {} });
  const hang = () => Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Promise<Response>(() => {}) });
  it.each([
    ["is missing", refuse],
    ["hangs", hang],
  ] as const)("does not keep the program from ending: it %s", async (_, start) => {
    await using collector = start();
    const endpoint = `http://127.0.0.1:${collector.port}`;
    await using program = await startProgram({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    expect((await fetch(`${program.url}/login`)).status).toBe(200);
    const stopping = performance.now();
    expect(await program.stop()).toBe(0);
    // The time limit of an export is ten seconds.
    expect(performance.now() - stopping).toBeLessThan(8000);
  });
});

describe("the configuration of traces", () => {
  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318" }, /OTEL_EXPORTER_OTLP_ENDPOINT must be the URL/],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://user:private@" }, /OTEL_EXPORTER_OTLP_ENDPOINT must be the URL/],
    [{ OTEL_TRACES_SAMPLER_ARG: "half" }, /OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1/],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "no pairs" }, /OTEL_EXPORTER_OTLP_HEADERS must be pairs/],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, /OTEL_EXPORTER_OTLP_PROTOCOL must be http\/protobuf/],
  ])("prevents the start if it is invalid: %p", async (environment, reason) => {
    expect(await expectStartError(environment, reason)).not.toContain("private");
  });
});

/** Makes every insert of a task fail. */
const breakWrites = ({ dataDir }: Program) =>
  tamper(dataDir, {
    sqlite: "CREATE TRIGGER broken BEFORE INSERT ON tasks BEGIN SELECT RAISE(ABORT, 'broken'); END",
    postgres: "alter table tasks add constraint broken check (title is null) not valid",
  });
