import { Counter, Gauge, type Registry } from "prom-client";
import type { Counted, Observer, Work } from "../../observe.ts";
import { Distribution, type Series } from "./distribution.ts";

/** From a prepared query to a user who notices. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30];
/** What protects the keys that limits are counted by. */
const LIMITS: Record<string, string> = {
  ...{ device: "sign-in", register: "sign-up", invite: "invites" },
  ...{ "change-password": "password", "reset-password": "password" },
};

/** An observer, and the names of the jobs that will run: a count that starts at 0 shows its first failure as a rise. */
interface WorkMetrics {
  readonly observer: Observer;
  expectJobs(names: readonly string[]): void;
}

/** Adds what the program does: queries, writes, commits, deliveries, jobs, and what it counts. */
export function addWorkMetrics(registry: Registry): WorkMetrics {
  const registers = [registry];
  const writes = new Distribution({
    name: "taskflow_write_duration_seconds",
    help: "Time from a write until it is on disk.",
    buckets: BUCKETS,
    registers,
  }).series();
  const commits = new Distribution({
    name: "taskflow_commit_duration_seconds",
    help: "Time that a commit takes to reach the disk.",
    buckets: BUCKETS,
    registers,
  }).series();
  const units = new Distribution({
    name: "taskflow_commit_units",
    help: "Writes that share one commit.",
    buckets: [1, 2, 4, 8, 16, 32, 64, 128],
    registers,
  }).series();
  const deliveries = new Distribution({
    name: "taskflow_change_delivery_seconds",
    help: "Time from a change until it is sent to a live stream, of the oldest that are sent together.",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
    registers,
  }).series();
  const queries = new Distribution({
    name: "taskflow_query_duration_seconds",
    help: "Time of a query, by its statement and its table.",
    labelNames: ["query"],
    buckets: [0.0001, 0.0005, 0.001, 0.005, 0.025, 0.1, 1],
    registers,
  });
  const queriesByName = new Map<string, Series>();
  const jobs = new Counter({
    name: "taskflow_job_runs_total",
    help: "Runs of the hourly jobs.",
    labelNames: ["job_name", "result"], // Prometheus calls what it scrapes a job

    registers,
  });
  const counters: Partial<Record<keyof Counted, (kind: string) => void>> = {
    ...countTasks(registers),
    ...countLimits(registers),
  };

  /** When each write began that is not on disk yet, oldest first. */
  const open = new Set<{ readonly since: number }>();
  new Gauge({
    name: "taskflow_write_queue_depth",
    help: "Writes that wait for their commit.",
    registers,
    collect() {
      this.set(open.size);
    },
  });
  new Gauge({
    name: "taskflow_write_queue_oldest_seconds",
    help: "How long the oldest write has waited for its commit; 0 without any.",
    aggregator: "max",
    registers,
    collect() {
      const [oldest] = open;
      this.set(oldest ? (performance.now() - oldest.since) / 1000 : 0);
    },
  });

  function querySeries(query: string): Series {
    const series = queriesByName.get(query) ?? queries.series({ query });
    queriesByName.set(query, series);
    return series;
  }

  function measure(work: Work, seconds: number, failed: boolean) {
    switch (work.kind) {
      case "write":
        return writes.observe(seconds);
      case "commit":
        commits.observe(seconds);
        return units.observe(work.count ?? 1);
      case "delivery":
        return deliveries.observe(Math.max(0, Date.now() - (work.since ?? 0)) / 1000);
      case "job":
        return jobs.inc({ job_name: work.name, result: failed ? "failure" : "success" });
    }
  }

  /** Several queries of a request are answered within microseconds, so it creates no objects. */
  function runQuery<Result>(name: string, run: () => Result): Result {
    const started = performance.now();
    const result = run();
    if (result instanceof Promise) {
      const finish = () => querySeries(name).observe((performance.now() - started) / 1000);
      result.then(finish, finish);
    } else querySeries(name).observe((performance.now() - started) / 1000);
    return result;
  }

  const observer: Observer = {
    run(work, run) {
      if (work.kind === "query") return runQuery(work.name, run);
      if (work.kind === "service" || (work.kind === "delivery" && work.since === undefined)) return run();
      const started = performance.now();
      const write = work.kind === "write" ? { since: started } : undefined;
      if (write) open.add(write);
      const finish = (failed: boolean) => {
        if (write) open.delete(write);
        measure(work, (performance.now() - started) / 1000, failed);
      };
      try {
        const result = run();
        if (result instanceof Promise)
          result.then(
            () => finish(false),
            () => finish(true),
          );
        else finish(false);
        return result;
      } catch (error) {
        finish(true);
        throw error;
      }
    },
    count: (thing, kind) => counters[thing]?.(kind),
  };
  return {
    observer,
    expectJobs(names) {
      for (const name of names) for (const result of ["success", "failure"]) jobs.inc({ job_name: name, result }, 0);
    },
  };
}

function countTasks(registers: Registry[]) {
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const created = counter("taskflow_tasks_created_total", "Tasks created.");
  const completed = counter("taskflow_tasks_completed_total", "Tasks completed, each time for those that repeat.");
  return { task: (kind: string) => (kind === "created" ? created : completed).inc() };
}

function countLimits(registers: Registry[]) {
  const signIns = new Counter({
    name: "taskflow_sign_ins_total",
    help: "Attempts to sign in with a password, by result.",
    labelNames: ["result"],
    registers,
  });
  for (const result of ["success", "failure", "limited"]) signIns.inc({ result }, 0);
  const limited = new Counter({
    name: "taskflow_rate_limited_requests_total",
    help: "Requests that a limit rejected.",
    labelNames: ["limit"],
    registers,
  });
  for (const limit of ["sign-in", "sign-up", "password", "invites", "streams", "search"]) limited.inc({ limit }, 0);
  return {
    signIn: (result: string) => signIns.inc({ result }),
    limited: (key: string) => limited.inc({ limit: LIMITS[key] ?? key }),
  };
}
