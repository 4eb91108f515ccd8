import { existsSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { staleness } from "../backups/daily.ts";
import { createBackups } from "../backups/service.ts";
import { type Config, type Environment, loadConfig } from "../config.ts";
import { inspectPlace } from "../db/inspect.ts";
import { chownAdvice, isWritable } from "../db/rights.ts";
import { AppError } from "../errors.ts";
import { usage } from "./words.ts";

const MIB = 1024 * 1024;
/** Less room than this, or than the database takes, is too little for an upgrade and its copy. */
const LEAST_FREE = 256 * MIB;
/** A clock that is behind what was written already, by more than this, is wrong. */
const CLOCK_MS = 60_000;

type Verdict = "ok" | "warn" | "fail";
interface Finding {
  readonly verdict: Verdict;
  readonly about: string;
  /** What is so, and what to do when it should not be. */
  readonly says: string;
}

const finding = (verdict: Verdict, about: string, says: string): Finding => ({ verdict, about, says });

/**
 * `taskflow doctor`: looks at everything that an installation needs, changes nothing, and says what to do.
 * @throws AppError `startup` when something keeps TaskFlow from working
 */
export async function doctorCommand(words: string[], environment: Environment): Promise<void> {
  if (words.length > 0) throw usage("say: doctor");
  const findings: Finding[] = [];
  const config = configuration(environment, findings);
  if (config) {
    findings.push(...folders(config), ...(await database(config)), ...disk(config), ...backups(config));
  }
  for (const { verdict, about, says } of findings) console.log(`${verdict.padEnd(4)}  ${about.padEnd(13)}  ${says}`);
  const failed = findings.filter(({ verdict }) => verdict === "fail").length;
  if (failed > 0) throw new AppError("startup", `${failed} of ${findings.length} checks failed`);
}

function configuration(environment: Environment, findings: Finding[]): Config | undefined {
  try {
    // The service that only makes backups signs nothing.
    const config = loadConfig(environment, { serving: environment.HEALTH_CHECK !== "backup" });
    findings.push(
      finding("ok", "configuration", `${config.production ? "production" : "development"}, ${config.database.engine}`),
    );
    return config;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    findings.push(finding("fail", "configuration", error.message));
    return undefined;
  }
}

function folders({ dataDir, database }: Config): Finding[] {
  const folder = database.engine === "sqlite" ? dirname(database.file) : dataDir;
  if (!existsSync(folder)) {
    return database.engine === "sqlite"
      ? [finding("warn", "folder", `${folder} does not exist; the first start makes it`)]
      : [];
  }
  const files = database.engine === "sqlite" ? ["", "-wal", "-shm"].map((end) => database.file + end) : [];
  const closed = [folder, ...files].filter((path) => existsSync(path) && !isWritable(path));
  return closed.length > 0
    ? closed.map((path) => finding("fail", "folder", chownAdvice(path)))
    : [finding("ok", "folder", `${folder} can be written`)];
}

async function database({ database: place }: Config): Promise<Finding[]> {
  if (place.engine === "sqlite" && !existsSync(place.file))
    return [finding("warn", "database", `there is none at ${place.file} yet; the first start makes it`)];
  try {
    const { says, newest, serverTime } = await inspectPlace(place);
    const told = Math.max(newest ?? 0, serverTime ?? 0);
    const behind = told - Date.now();
    const clock =
      behind > CLOCK_MS
        ? finding(
            "fail",
            "clock",
            `it is ${Math.round(behind / 1000)} s behind the database; set it, by NTP if you can`,
          )
        : finding("ok", "clock", new Date().toISOString());
    return [finding("ok", "database", says), clock];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [finding("fail", "database", error.message)];
  }
}

function disk({ database, dataDir }: Config): Finding[] {
  const folder = database.engine === "sqlite" ? dirname(database.file) : dataDir;
  if (!existsSync(folder)) return [];
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const size = database.engine === "sqlite" && existsSync(database.file) ? statSync(database.file).size : 0;
  const says = `${Math.floor(free / MIB).toLocaleString("en")} MiB free in ${folder}`;
  return free > Math.max(LEAST_FREE, 2 * size)
    ? [finding("ok", "disk", says)]
    : [finding("warn", "disk", `${says}: too little for an upgrade, which keeps a copy of the database; make room`)];
}

function backups(config: Config): Finding[] {
  const { backup } = config;
  const stale = staleness(createBackups(config));
  if (existsSync(backup.dir) && !isWritable(backup.dir)) return [finding("fail", "backups", chownAdvice(backup.dir))];
  return stale
    ? [finding("warn", "backups", `${stale} in ${backup.dir}; run taskflow backup --daily beside the server`)]
    : [finding("ok", "backups", `the newest in ${backup.dir} is less than a day old`)];
}
