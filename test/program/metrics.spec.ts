import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { send, signUp } from "../support/client.ts";
import { expectCommandError, expectStartError } from "../support/command-errors.ts";
import { holdPort } from "../support/connection.ts";
import { dataFolder } from "../support/data-folder.ts";
import { follow } from "../support/events.ts";
import { freePort } from "../support/free-port.ts";
import { type Metrics, readMetrics, startMeasured, sumOf } from "../support/metrics.ts";
import { engine, runProgram, spawnProgram } from "../support/program.ts";
import { waitUntil } from "../support/wait-until.ts";

setDefaultTimeout(180_000);

const REQUESTS = "taskflow_http_request_duration_seconds_count";
/** A connection of its own for each request, so that every worker gets some. */
const close = { connection: "close" };
const outside = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

/** Returns the child processes of a program. */
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);

/** Returns the metrics once they are as expected. */
async function metricsWhen(operations: string, expected: (metrics: Metrics) => boolean): Promise<Metrics> {
  let metrics = await readMetrics(operations);
  while (!expected(metrics)) metrics = await readMetrics(operations);
  return metrics;
}

/** Only Linux distributes connections among workers. */
describe.each(process.platform === "linux" ? [[1], [2]] : [[1]])("metrics of %d process(es)", (count) => {
  it("count what was done, in all processes together", async () => {
    await using program = await startMeasured({}, count > 1 ? ["--workers", String(count)] : []);
    const { url, operations, dataDir } = program;
    const person = await signUp(url);
    await using feed = await follow(person);
    const tasks = await Promise.all(
      Array.from({ length: 40 }, async (_, number) => {
        const created = await person.send("/api/tasks", { json: { title: `Task ${number}` }, headers: close });
        return (await created.json()) as { id: string };
      }),
    );
    for (const { id } of tasks.slice(0, 5))
      await person.send(`/api/tasks/${id}`, { method: "PATCH", json: { completed: true }, headers: close });
    await person.send("/api/tasks?q=task", { headers: close });
    const wrong = { username: person.username, password: "not the password" };
    for (let attempt = 0; attempt < 12; attempt++) await send(url, "/api/login", { json: wrong, headers: close });
    expect((await runProgram(["backup"], { DATA_DIR: dataDir })).code).toBe(0);
    await feed.until(({ events }) => events.length >= 45);

    const housekeeping = ["taskflow_job_runs_total", 'job_name="invites"', 'result="success"'] as const;
    const metrics = await metricsWhen(
      operations,
      (each) =>
        sumOf(each, ...housekeeping) === count &&
        sumOf(each, "taskflow_change_delivery_seconds_count") > 0 &&
        sumOf(each, "taskflow_write_queue_depth") === 0,
    );
    const sum = (name: string, ...labels: string[]) => sumOf(metrics, name, ...labels);
    expect(sum("taskflow_tasks_created_total")).toBe(40);
    expect(sum("taskflow_tasks_completed_total")).toBe(5);
    expect(sum(REQUESTS, 'route="/api/tasks"', 'method="POST"', 'status="2xx"')).toBe(40);
    expect(sum(REQUESTS, 'route="/api/tasks/:id"', 'method="PATCH"', 'status="2xx"')).toBe(5);
    expect(sum(REQUESTS, 'route="/api/events"')).toBe(0);
    expect(sum("taskflow_sign_ins_total", 'result="success"')).toBe(1);
    expect(sum("taskflow_sign_ins_total", 'result="failure"')).toBe(10);
    expect(sum("taskflow_sign_ins_total", 'result="limited"')).toBe(2);
    expect(sum("taskflow_rate_limited_requests_total", 'limit="sign-in"')).toBe(2);
    expect(sum("taskflow_live_streams")).toBe(1);
    expect(sum("taskflow_workers", 'state="running"')).toBe(count);
    expect(sum("taskflow_workers", 'state="missing"')).toBe(0);
    expect(sum("taskflow_build_info", `engine="${engine}"`, `bun="${Bun.version}"`)).toBe(1);

    expect(sum("taskflow_http_requests_in_flight")).toBe(0);
    expect(sum("taskflow_http_requests_failed_total")).toBe(0);
    expect(sum("taskflow_ready")).toBe(1);
    expect(sum("taskflow_write_queue_oldest_seconds")).toBe(0);
    expect(sum("taskflow_long_reads_waiting")).toBe(0);
    expect(sum("taskflow_write_duration_seconds_count")).toBeGreaterThanOrEqual(45);
    const commits = sum("taskflow_commit_duration_seconds_count");
    expect(commits).toBeGreaterThan(0);
    expect(sum("taskflow_commit_units_sum")).toBeGreaterThanOrEqual(45);
    expect(sum("taskflow_commit_units_count")).toBe(commits);
    expect(sum("taskflow_query_duration_seconds_count", 'query="insert changes"')).toBeGreaterThanOrEqual(40);
    expect(sum("taskflow_query_duration_seconds_count", 'query="select tasks"')).toBeGreaterThan(0);
    expect(sum("taskflow_event_loop_delay_seconds_count")).toBeGreaterThan(0);
    for (const name of ["process_resident_memory_bytes", "process_cpu_seconds_total", "taskflow_database_size_bytes"])
      expect(sum(name)).toBeGreaterThan(0);
    if (engine === "sqlite") expect(sum("taskflow_database_wal_size_bytes")).toBeGreaterThan(0);
    else expect(sum("taskflow_database_connections", 'state="idle"')).toBe(10 * count);
    for (const volume of ['volume="data"', 'volume="backups"']) {
      const size = sum("taskflow_disk_size_bytes", volume);
      expect(sum("taskflow_disk_free_bytes", volume)).toBeWithin(1, size + 1);
    }

    const now = Date.now() / 1000;
    expect(now - sum("process_start_time_seconds")).toBeWithin(0, 170);
    expect(now - sum("taskflow_backup_last_verified_timestamp_seconds")).toBeWithin(0, 170);
    expect(sum("taskflow_backup_last_duration_seconds")).toBeWithin(0.001, 170);
    expect(sum("taskflow_backup_last_size_bytes")).toBeGreaterThan(1000);
  });
});

describe("the metrics port", () => {
  it("gets no series from addresses and methods that nobody has declared", async () => {
    await using program = await startMeasured();
    const { url, operations } = program;
    const names = async () => [...(await readMetrics(operations)).keys()].filter((name) => !name.includes("backup"));
    await fetch(`${url}/odd`);
    await fetch(`${url}/odd`, { method: "PUT" });
    await fetch(`${url}/odd`, { method: "PROPFIND" });
    await metricsWhen(
      operations,
      (metrics) =>
        sumOf(metrics, REQUESTS, 'route="unmatched"') === 3 &&
        sumOf(metrics, "taskflow_job_runs_total", 'result="success"') === 6, // the housekeeping has queries of its own
    );
    const before = await names();
    for (let round = 0; round < 100; round++)
      await Promise.all(
        Array.from({ length: 100 }, async (_, number) => {
          const method = number === 0 ? "PUT" : "GET";
          await (await fetch(`${url}/odd-${round}/${number}?${crypto.randomUUID()}`, { method })).text();
        }),
      );
    await fetch(`${url}/odd`, { method: "PURGE" });
    const metrics = await metricsWhen(operations, (each) => sumOf(each, REQUESTS, 'route="unmatched"') === 10_004);
    expect([...metrics.keys()].filter((name) => !name.includes("backup"))).toEqual(before);
  });

  it("speaks OpenMetrics to those that prefer it", async () => {
    await using program = await startMeasured();
    const accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
    const response = await fetch(`${program.operations}/metrics`, { headers: { accept } });
    expect(response.headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    const text = await response.text();
    expect(text).toEndWith("\n# EOF\n");
    expect(text).toContain("# TYPE taskflow_tasks_created counter\ntaskflow_tasks_created_total 0\n");
  });

  it.skipIf(!Bun.which("promtool"))("passes the checks of Prometheus", async () => {
    await using program = await startMeasured();
    await (await signUp(program.url)).send("/api/tasks");
    const text = await (await fetch(`${program.operations}/metrics`)).text();
    const check = Bun.spawn(["promtool", "check", "metrics"], {
      stdin: Buffer.from(text),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [output, errors] = await Promise.all([new Response(check.stdout).text(), new Response(check.stderr).text()]);
    expect(output + errors).toBe("");
  });

  it("is separate from the public one, and open to this machine only", async () => {
    await using program = await startMeasured({ HOST: "127.0.0.1" });
    expect((await fetch(`${program.url}/metrics`)).status).toBe(404);
    expect((await fetch(`${program.url}/status`)).status).toBe(404);
    for (const path of ["/tasks", "/static/none.css", "/static/../package.json"])
      expect((await fetch(program.operations + path)).status).toBe(404);
    expect((await fetch(`${program.operations}/metrics`, { method: "POST" })).headers.get("allow")).toBe("GET");
    const fromOutside = program.operations.replace("localhost", outside ?? "");
    if (outside) await expect(fetch(`${fromOutside}/metrics`)).rejects.toThrow();
  });

  it("stops the start if it is wrong, and names the variable", async () => {
    using folder = dataFolder();
    const port = freePort();
    await using _ = await holdPort(port);
    const environment = { DATA_DIR: folder.path };
    await expectStartError({ ...environment, METRICS_PORT: String(port) }, /port \d+ is in use.*METRICS_PORT/);
    await expectStartError(
      { ...environment, METRICS_PORT: "9464", PORT: "9464" },
      /METRICS_PORT must differ from PORT/,
    );
    await expectStartError({ ...environment, METRICS_PORT: "many" }, /METRICS_PORT must be a number/);
    await expectStartError({ ...environment, METRICS_PORT: "0", METRICS_HOST: "a b" }, /METRICS_HOST must be/);
    await expectStartError({ ...environment, METRICS_PORT: "0", METRICS_HOST: "192.0.2.1" }, /METRICS_HOST 192/);
    const workers = ["serve", "--workers", "2"];
    await expectCommandError(workers, { ...environment, METRICS_PORT: String(port) }, /in use.*METRICS_PORT/);
  });
});

it("count backups that fail, where they are made daily", async () => {
  using folder = dataFolder();
  writeFileSync(folder.file("backups"), "not a folder");
  const environment = { DATA_DIR: folder.path, METRICS_PORT: String(freePort()) };
  const daily = await spawnProgram(["backup", "--daily"], environment);
  try {
    const operations = `http://localhost:${environment.METRICS_PORT}`;
    await waitUntil(() =>
      fetch(`${operations}/metrics`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    const metrics = await metricsWhen(operations, (each) => sumOf(each, "taskflow_backup_failures_total") > 0);
    expect(sumOf(metrics, "taskflow_disk_size_bytes", 'volume="data"')).toBeGreaterThan(0);
  } finally {
    daily.kill("SIGKILL");
    await daily.exited;
  }
});

describe.skipIf(process.platform !== "linux")("with several processes", () => {
  it("responds while one of them hangs, and never counts backwards", async () => {
    await using program = await startMeasured({}, ["--workers", "2"]);
    const { url, operations } = program;
    const person = await signUp(url);
    await Promise.all(
      Array.from({ length: 20 }, () => person.send("/api/tasks", { json: { title: "Counted" }, headers: close })),
    );
    const [hanging = 0, killed = 0] = childrenOf(program.process.pid);
    const created = async () => sumOf(await readMetrics(operations), "taskflow_tasks_created_total");
    expect(await created()).toBe(20);

    process.kill(hanging, "SIGSTOP");
    const metrics = await readMetrics(operations).finally(() => process.kill(hanging, "SIGCONT"));
    expect(sumOf(metrics, "taskflow_workers", 'state="running"')).toBe(1);
    expect(sumOf(metrics, "taskflow_workers", 'state="missing"')).toBe(1);
    expect(sumOf(metrics, "taskflow_tasks_created_total")).toBe(20);
    await metricsWhen(operations, (each) => sumOf(each, "taskflow_workers", 'state="running"') === 2);

    process.kill(killed, "SIGKILL");
    await waitUntil(() => !childrenOf(program.process.pid).includes(killed));
    expect(await created()).toBe(20);
    const after = await metricsWhen(operations, (each) => sumOf(each, "taskflow_workers", 'state="running"') === 2);
    expect(await created()).toBe(20);
    expect(sumOf(after, "taskflow_worker_restarts_total")).toBe(1);
    await program.waitFor(new RegExp(`a worker ended and is started again.*${killed}`));
  });
});
