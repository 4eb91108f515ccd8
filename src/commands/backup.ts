import { resolve } from "node:path";
import type { Origin } from "../backups/manifest.ts";
import { backupAge, scheduleBackups } from "../backups/schedule.ts";
import { type Backups, createBackups } from "../backups/service.ts";
import { type Config, type Environment, loadConfig } from "../config.ts";
import { CommandError } from "../errors.ts";
import { createLogger } from "../ops/logging.ts";
import { onSignal } from "./signals.ts";
import { confirm, usage } from "./usage.ts";

/** How long a running backup may delay the exit. */
const EXIT_MS = 5000;

/**
 * Runs `taskflow backup`: creates a verified backup. `--json` prints the result as JSON, `--daily` keeps running and
 * creates one each day, `--check` fails if the newest is too old, `--list` prints all of them.
 * @throws CommandError
 */
export async function backupCommand(args: string[], environment: Environment): Promise<void> {
  const [option = "", ...rest] = args;
  const run = Object.hasOwn(OPTIONS, option) ? OPTIONS[option] : undefined;
  if (!run || rest.length > 0) throw usage("usage: taskflow backup [--json | --daily | --check | --list]");
  const config = loadConfig(environment, { serving: false });
  await run(createBackups(config), config);
}

const OPTIONS: Record<string, (backups: Backups, config: Config) => Promise<void> | void> = {
  "": async (backups) => {
    const { file, manifest } = await backups.backUp();
    console.error(`Verified: ${describe(manifest)}.`);
    console.log(file);
  },
  // For scripts that read a log, in which the lines of stdout and stderr arrive in any order.
  "--json": async (backups) => {
    const { file, manifest } = await backups.backUp();
    const { users = 0, tasks = 0 } = manifest.rows;
    console.log(JSON.stringify({ backup: file, createdAt: manifest.createdAt, users, tasks }));
  },
  "--daily": async (backups, config) => {
    const logger = createLogger(config);
    if (config.metrics) {
      const { startBackupMetrics } = await import("../ops/metrics/backups.ts");
      logger.info(`Metrics are at ${startBackupMetrics(config, config.metrics, logger)}/metrics`);
    }
    const stop = scheduleBackups(backups, config.backup.at, logger);
    onSignal(async () => {
      // An interrupted backup leaves no file behind; the next start creates it again.
      await Promise.race([stop(), Bun.sleep(EXIT_MS)]);
      process.exit(0);
    });
  },
  "--check": (backups) => {
    const { recent, text } = backupAge(backups);
    if (!recent) throw new CommandError(text);
    console.log(text);
  },
  "--list": (backups) => {
    for (const { file } of backups.list()) console.log(file);
  },
};

/** Runs `taskflow verify FILE`: checks that a backup or a kept database file can be restored. @throws CommandError */
export async function verifyCommand(args: string[], environment: Environment): Promise<void> {
  const backups = createBackups(loadConfig(environment, { serving: false }));
  const file = fileFrom(args, backups, "verify FILE|latest");
  console.log(`${file} can be restored: ${describe(await backups.verify(file))}.`);
}

/**
 * Runs `taskflow restore FILE [--yes]`: replaces the database with a backup or a kept database file, and keeps the
 * replaced one.
 * @throws CommandError
 */
export async function restoreCommand(args: string[], environment: Environment): Promise<void> {
  const backups = createBackups(loadConfig(environment, { serving: false }));
  const names = args.filter((word) => word !== "--yes");
  const file = fileFrom(names, backups, "restore FILE|latest [--yes]");
  if (names.length === args.length) await confirm(`Replace the database with ${file}?`);
  const { origin, kept } = await backups.restore(file);
  console.log(`Restored: ${describe(origin)}.`);
  if (kept) console.log(`The replaced database is kept in ${kept}.`);
}

function fileFrom(args: string[], backups: Backups, synopsis: string): string {
  const [word, ...rest] = args;
  if (!word || rest.length > 0 || word.startsWith("-")) throw usage(`usage: taskflow ${synopsis}`);
  if (word !== "latest") return resolve(word);
  const { file, skipped } = backups.latest();
  if (skipped.length > 0) console.error(`Skipped, as dated in the future or without accounts: ${skipped.join(", ")}`);
  return file;
}

function describe({ createdAt, version, engine, rows }: Origin): string {
  const { users = 0, tasks = 0 } = rows;
  const on = engine === "sqlite" ? "SQLite" : "PostgreSQL";
  const source = version ? `TaskFlow ${version} on ${on}` : "no manifest to compare with";
  return `${users.toLocaleString("en")} users, ${tasks.toLocaleString("en")} tasks, as of ${createdAt} (${source})`;
}
