import { existsSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { backupAge } from "../backups/schedule.ts";
import { createBackups } from "../backups/service.ts";
import { type Config, type Environment, loadConfig } from "../config.ts";
import { canMake, chownAdvice, closedFiles, fileAdvice, isWritable } from "../db/file-permissions.ts";
import { fileExists } from "../db/sqlite/errors.ts";
import { inspectPlace } from "../db/transfer/inspect.ts";
import { CommandError } from "../errors.ts";
import { usage } from "./usage.ts";

const MIB = 1024 * 1024;
/** The least free space for an upgrade and its copy, unless the database needs more. */
const MIN_FREE = 256 * MIB;
/** A clock is wrong if it is this far behind what was already written. */
const CLOCK_MS = 60_000;

type Verdict = "ok" | "warn" | "fail";
interface Finding {
  readonly verdict: Verdict;
  readonly about: string;
  /** What was found and, if it is a problem, what to do. */
  readonly message: string;
}

const finding = (verdict: Verdict, about: string, message: string): Finding => ({ verdict, about, message });

/**
 * `taskflow doctor`: checks everything that an installation needs, without changing anything.
 * @throws CommandError if something keeps TaskFlow from working
 */
export async function doctorCommand(args: string[], environment: Environment): Promise<void> {
  if (args.length > 0) throw usage("usage: taskflow doctor");
  const findings: Finding[] = [];
  const config = configuration(environment, findings);
  if (config) {
    for (const [about, check] of CHECKS) findings.push(...(await run(about, () => check(config))));
  }
  for (const { verdict, about, message } of findings)
    console.log(`${verdict.padEnd(4)}  ${about.padEnd(13)}  ${message}`);
  const failed = findings.filter(({ verdict }) => verdict === "fail").length;
  if (failed > 0) throw new CommandError(`${failed} of ${findings.length} checks failed`);
}

function configuration(environment: Environment, findings: Finding[]): Config | undefined {
  try {
    // The backup service needs no secret.
    const config = loadConfig(environment, { serving: environment.HEALTH_CHECK !== "backup" });
    findings.push(
      finding("ok", "configuration", `${config.production ? "production" : "development"}, ${config.database.engine}`),
    );
    return config;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    findings.push(finding("fail", "configuration", error.message));
    return undefined;
  }
}

/** Runs a check. What keeps it from running is its finding. */
async function run(about: string, check: () => Finding[] | Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [finding("fail", about, error.message)];
  }
}

const CHECKS: [string, (config: Config) => Finding[] | Promise<Finding[]>][] = [
  ["folder", folders],
  ["database", database],
  ["disk", disks],
  ["backups", backups],
];

const folderOf = ({ database, dataDir }: Config) => (database.engine === "sqlite" ? dirname(database.file) : dataDir);

function folders(config: Config): Finding[] {
  const { database, dataDir } = config;
  const folder = folderOf(config);
  // A start creates the data folder and those above it, but no other.
  if (!existsSync(dataDir) && !canMake(dataDir)) return [finding("fail", "folder", chownAdvice(dataDir))];
  if (!fileExists(folder)) {
    if (database.engine !== "sqlite") return [];
    return `${dataDir}/`.startsWith(`${folder}/`)
      ? [finding("warn", "folder", `${folder} does not exist; the first start creates it`)]
      : [finding("fail", "folder", `${folder} does not exist; create it for this user, or set DATABASE_URL`)];
  }
  if (!isWritable(folder)) return [finding("fail", "folder", chownAdvice(folder, { set: folder === dataDir }))];
  if (database.engine === "sqlite" && closedFiles(database.file).length > 0)
    return [finding("fail", "folder", fileAdvice(database.file))];
  return [finding("ok", "folder", `${folder} can be written`)];
}

async function database({ database: place }: Config): Promise<Finding[]> {
  if (place.engine === "sqlite" && !fileExists(place.file)) {
    const hint = canMake(place.file) ? "; the first start creates it" : "";
    return [finding("warn", "database", `there is no database at ${place.file} yet${hint}`)];
  }
  const { summary, newest, serverTime } = await inspectPlace(place);
  const latest = Math.max(newest ?? 0, serverTime ?? 0);
  const behind = latest - Date.now();
  const clock =
    behind > CLOCK_MS
      ? finding(
          "fail",
          "clock",
          `the clock is ${Math.round(behind / 1000)} s behind the database; set it, preferably by NTP`,
        )
      : finding("ok", "clock", new Date().toISOString());
  return [finding("ok", "database", summary), clock];
}

function disks(config: Config): Finding[] {
  const { database, backup } = config;
  const size = database.engine === "sqlite" && existsSync(database.file) ? statSync(database.file).size : 0;
  const folder = folderOf(config);
  return [
    ...disk(folder, size, "an upgrade, which keeps a copy of the database"),
    ...(isSameDisk(folder, backup.dir) ? [] : disk(backup.dir, size, "a backup, which is restored to verify it")),
  ];
}

const isSameDisk = (one: string, other: string) =>
  existsSync(one) && existsSync(other) && statSync(one).dev === statSync(other).dev;

/** @param size of the database, in bytes @param use what needs up to twice as much space */
function disk(folder: string, size: number, use: string): Finding[] {
  if (!existsSync(folder)) return [];
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const message = `${Math.floor(free / MIB).toLocaleString("en")} MiB free in ${folder}`;
  if (free < MIB) return [finding("fail", "disk", `${message}: no room for changes; free some space`)];
  return free > Math.max(MIN_FREE, 2 * size)
    ? [finding("ok", "disk", message)]
    : [finding("warn", "disk", `${message}: too little for ${use}; free some space`)];
}

function backups(config: Config): Finding[] {
  const { dir } = config.backup;
  if (!canMake(dir)) return [finding("fail", "backups", chownAdvice(dir, { set: true }))];
  const { recent, text } = backupAge(createBackups(config));
  return recent
    ? [finding("ok", "backups", `${text}, in ${dir}`)]
    : [finding("warn", "backups", `${text} in ${dir}; run taskflow backup --daily beside the server`)];
}
