import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { Counter, Gauge, Registry } from "prom-client";
import { version } from "../../../package.json";
import { type Backup, newestBackup } from "../../backups/retention.ts";
import type { Config } from "../../config.ts";
import type { Snapshot } from "./snapshot.ts";

/** How long a scrape waits for a disk, which may be on a network. */
const DISK_MS = 500;

interface Workers {
  readonly running: number;
  readonly missing: number;
}

/** Returns what reads the metrics that all processes of a program share: version, workers, disks and backups. */
export function createHostMetrics({
  database,
  dataDir,
  backup,
}: Config): (workers?: Workers, restarts?: number) => Promise<Snapshot> {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `taskflow_${name}`, help, labelNames, registers: [registry] });

  gauge("build_info", "Always 1; its labels say what runs.", ["version", "engine", "bun"]).set(
    { version, engine: database.engine, bun: Bun.version },
    1,
  );
  const started = new Gauge({
    name: "process_start_time_seconds",
    help: "Start of the program as Unix time.",
    registers: [registry],
  });
  started.set(Date.now() / 1000 - process.uptime());
  const workers = gauge(
    "workers",
    "Processes that handle requests. A missing one has ended, or did not answer within a second.",
    ["state"],
  );
  const restarted = new Counter({
    name: "taskflow_worker_restarts_total",
    help: "Processes of --workers that ended and were started again.",
    registers: [registry],
  });
  let counted = 0;
  const disk = {
    free: gauge("disk_free_bytes", "Free space on the disk of a folder.", ["volume"]),
    size: gauge("disk_size_bytes", "Size of the disk of a folder.", ["volume"]),
  };
  const backups = {
    at: gauge("backup_last_verified_timestamp_seconds", "Time of the newest verified backup, as Unix time."),
    seconds: gauge("backup_last_duration_seconds", "How long the newest backup took to create and verify."),
    bytes: gauge("backup_last_size_bytes", "Size of the newest verified backup."),
  };
  const volumes = {
    data: database.engine === "sqlite" ? dirname(database.file) : dataDir,
    backups: backup.dir,
  };

  async function readDisk(volume: string, path: string) {
    const found = await Promise.race([statfs(path).catch(() => undefined), Bun.sleep(DISK_MS)]);
    for (const each of Object.values(disk)) each.remove({ volume });
    if (!found) return;
    disk.free.set({ volume }, found.bavail * found.bsize);
    disk.size.set({ volume }, found.blocks * found.bsize);
  }

  function readBackups() {
    const newest = newestIn(backup.dir);
    for (const each of Object.values(backups)) each.remove();
    if (!newest) return;
    backups.at.set(newest.at.getTime() / 1000);
    backups.bytes.set(newest.bytes);
    if (newest.seconds !== undefined) backups.seconds.set(newest.seconds);
  }

  return async (known, restarts = 0) => {
    restarted.inc(restarts - counted);
    counted = restarts;
    if (known) for (const [state, number] of Object.entries(known)) workers.set({ state }, number);
    await Promise.all(Object.entries(volumes).map(([volume, path]) => readDisk(volume, path)));
    readBackups();
    return (await registry.getMetricsAsJSON()) as Snapshot;
  };
}

/** Returns undefined if there is none, or if the folder can't be read: the server may not see where backups are. */
function newestIn(path: string): Backup | undefined {
  try {
    return newestBackup({ path }, Date.now());
  } catch {
    return undefined;
  }
}
