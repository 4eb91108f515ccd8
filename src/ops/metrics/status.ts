import type { Rates } from "./rates.ts";
import { sumOf, valuesOf } from "./read.ts";
import type { Snapshot } from "./snapshot.ts";

const HOUR = 60 * 60;
/** A day, plus the time that the backup of a large database may take. */
const MAX_BACKUP_AGE = 26 * HOUR;
const STUCK_SECONDS = 5;
const MIN_FREE = 0.1;

interface Disk {
  readonly volume: string;
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

interface Job {
  readonly name: string;
  readonly runs: number;
  readonly failures: number;
}

/** What the status page shows. Times are Unix times in seconds; undefined is unknown. */
export interface Status {
  readonly at: number;
  readonly version: string;
  readonly engine: string;
  readonly bun: string;
  readonly migration: string;
  readonly startedAt: number | undefined;
  readonly ready: boolean;
  readonly workers: { readonly running: number; readonly missing: number };
  readonly memoryBytes: number | undefined;
  readonly writes: { readonly waiting: number; readonly oldestSeconds: number };
  readonly longReadsWaiting: number;
  readonly streams: number;
  readonly databaseBytes: number | undefined;
  readonly walBytes: number | undefined;
  readonly disks: readonly Disk[];
  readonly backup: { readonly at: number; readonly bytes: number; readonly seconds: number | undefined } | undefined;
  readonly jobs: readonly Job[];
  readonly rates: readonly Rates[];
  /** What needs attention, as sentences. */
  readonly problems: readonly string[];
}

/** @param migration the name of the newest one */
export function statusOf(snapshot: Snapshot, migration: string, rates: readonly Rates[]): Status {
  const sum = (name: string, labels?: Record<string, string>) => sumOf(snapshot, name, labels);
  const info = valuesOf(snapshot, "taskflow_build_info")[0]?.labels ?? {};
  const backupAt = sum("taskflow_backup_last_verified_timestamp_seconds");
  const status = {
    at: Date.now() / 1000,
    version: String(info.version),
    engine: info.engine === "postgres" ? "PostgreSQL" : "SQLite",
    bun: String(info.bun),
    migration,
    startedAt: sum("process_start_time_seconds"),
    ready: sum("taskflow_ready") !== 0,
    workers: {
      running: sum("taskflow_workers", { state: "running" }) ?? 0,
      missing: sum("taskflow_workers", { state: "missing" }) ?? 0,
    },
    memoryBytes: sum("process_resident_memory_bytes"),
    writes: {
      waiting: sum("taskflow_write_queue_depth") ?? 0,
      oldestSeconds: sum("taskflow_write_queue_oldest_seconds") ?? 0,
    },
    longReadsWaiting: sum("taskflow_long_reads_waiting") ?? 0,
    streams: sum("taskflow_live_streams") ?? 0,
    databaseBytes: sum("taskflow_database_size_bytes"),
    walBytes: sum("taskflow_database_wal_size_bytes"),
    disks: disksOf(snapshot),
    backup:
      backupAt === undefined
        ? undefined
        : {
            at: backupAt,
            bytes: sum("taskflow_backup_last_size_bytes") ?? 0,
            seconds: sum("taskflow_backup_last_duration_seconds"),
          },
    jobs: jobsOf(snapshot),
    rates,
  };
  return { ...status, problems: problemsOf(status) };
}

const disksOf = (snapshot: Snapshot): Disk[] =>
  valuesOf(snapshot, "taskflow_disk_size_bytes").map(({ labels, value }) => {
    const volume = String(labels.volume);
    return { volume, sizeBytes: value, freeBytes: sumOf(snapshot, "taskflow_disk_free_bytes", { volume }) ?? 0 };
  });

function jobsOf(snapshot: Snapshot): Job[] {
  const values = valuesOf(snapshot, "taskflow_job_runs_total");
  const countOf = (job: string, result?: string) =>
    sumOf(snapshot, "taskflow_job_runs_total", { job_name: job, ...(result && { result }) }) ?? 0;
  return [...new Set(values.map(({ labels }) => String(labels.job_name)))].map((name) => ({
    name,
    runs: countOf(name),
    failures: countOf(name, "failure"),
  }));
}

function problemsOf({ at, ready, workers, writes, backup, disks, rates }: Omit<Status, "problems">): string[] {
  const errors = rates.at(-1)?.errorsPerSecond ?? 0;
  const age = backup && (at - backup.at) / HOUR;
  return [
    !ready && "The database does not store changes.",
    workers.missing > 0 && `${workers.missing} of ${workers.missing + workers.running} processes do not answer.`,
    writes.oldestSeconds > STUCK_SECONDS && `A write has waited for ${Math.round(writes.oldestSeconds)} seconds.`,
    errors > 0 && "Requests have failed within the last minute.",
    age === undefined && "There is no verified backup in the backup folder.",
    age !== undefined && age * HOUR > MAX_BACKUP_AGE && `The newest verified backup is ${Math.floor(age)} hours old.`,
    ...disks.map(
      ({ volume, freeBytes, sizeBytes }) =>
        freeBytes < sizeBytes * MIN_FREE && `The disk of the ${volume} folder is almost full.`,
    ),
  ].filter((problem) => problem !== false);
}
