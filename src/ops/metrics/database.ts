import { Gauge, type Registry } from "prom-client";
import type { Database } from "../../db/database.ts";

/** How long a scrape waits for the database server. */
const STATUS_MS = 500;
/** How long a change may take to be stored. */
const READY_MS = 5000;

/** Adds sizes and loads of the database. @returns a function that reads them again, before each snapshot */
export function addDatabaseMetrics(registry: Registry, db: Database): () => Promise<void> {
  const registers = [registry];
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `taskflow_${name}`, help, labelNames, registers, aggregator: "max" });
  const ready = new Gauge({
    name: "taskflow_ready",
    help: "1 while the database stores changes, 0 while it does not.",
    aggregator: "min",
    registers,
  });
  ready.set(1);
  let checking: { readonly since: number; readonly done: Promise<void> } | undefined;

  /** Stores a change, as the health check does. One that waits for long has failed: the next one starts after it. */
  async function checkReady() {
    if (checking && performance.now() - checking.since > READY_MS) ready.set(0);
    checking ??= {
      since: performance.now(),
      done: db
        .check()
        .then(
          () => ready.set(1),
          () => ready.set(0),
        )
        .finally(() => {
          checking = undefined;
        }),
    };
    await Promise.race([checking.done, Bun.sleep(STATUS_MS)]);
  }

  const waiting = new Gauge({
    name: "taskflow_long_reads_waiting",
    help: "Searches and other long reads that wait for their turn.",
    registers,
  });
  const bytes = gauge("database_size_bytes", "Size of the database.");
  const wal = db.engine === "sqlite" ? gauge("database_wal_size_bytes", "Size of the write-ahead log.") : undefined;
  const connections =
    db.engine === "postgres"
      ? new Gauge({
          name: "taskflow_database_connections",
          help: "Connections to PostgreSQL: busy, idle, and what waits for one.",
          labelNames: ["state"],
          registers,
        })
      : undefined;
  const lag =
    db.engine === "postgres"
      ? gauge("database_replication_lag_seconds", "How far a replica of PostgreSQL is behind.", ["replica"])
      : undefined;

  return async () => {
    const load = db.load();
    waiting.set(load.longReadsWaiting);
    await checkReady();
    const status = await Promise.race([db.status().catch(() => undefined), Bun.sleep(STATUS_MS)]);
    lag?.reset();
    connections?.reset();
    if (!status) return;
    for (const [state, number] of Object.entries(load.connections ?? {})) connections?.set({ state }, number);
    bytes.set(status.bytes);
    wal?.set(status.walBytes ?? 0);
    for (const { name, lagSeconds } of status.replicas ?? []) lag?.set({ replica: name }, lagSeconds);
  };
}
