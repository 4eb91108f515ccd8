import { join, resolve } from "node:path";
import { ageOf, keepDaily, staleness } from "../backups/daily.ts";
import type { Origin } from "../backups/manifest.ts";
import { type Backups, createBackups } from "../backups/service.ts";
import { type Config, type Environment, loadConfig } from "../config.ts";
import { CommandError } from "../errors.ts";
import { createLogger } from "../ops/logging.ts";
import { onSignal } from "./signals.ts";
import { confirm, usage } from "./usage.ts";

const HOUR_MS = 60 * 60 * 1000;

function open(environment: Environment): { config: Config; backups: Backups } {
  const config = loadConfig(environment, { serving: false });
  return { config, backups: createBackups(config) };
}

/**
 * `taskflow backup`: makes a proven backup. `--daily` stays and makes one each day; `--check` tells whether the newest
 * is new enough; `--list` names them all.
 * @throws CommandError
 */
export async function backupCommand(words: string[], environment: Environment): Promise<void> {
  const [option, ...rest] = words;
  const run = option === undefined ? once : Object.hasOwn(OPTIONS, option) ? OPTIONS[option] : undefined;
  if (!run || rest.length > 0) throw usage("say: backup [--daily | --check | --list]");
  await run(open(environment));
}

const OPTIONS: Record<string, (opened: ReturnType<typeof open>) => Promise<void> | void> = {
  "--daily": daily,
  "--check": check,
  "--list": list,
};

async function once({ backups }: ReturnType<typeof open>): Promise<void> {
  const { file, manifest } = await backups.backUp();
  console.error(`Proven: ${describe(manifest)}.`);
  console.log(file);
}

function daily({ config, backups }: ReturnType<typeof open>): void {
  const service = keepDaily(backups, config.backup.at, createLogger(config));
  onSignal(async () => {
    // What is being made is made again at the next start: it has no name yet.
    await Promise.race([service.stop(), Bun.sleep(5000)]);
    process.exit(0);
  });
}

/** @throws CommandError when the newest proven backup is too old */
function check({ backups }: ReturnType<typeof open>): void {
  const stale = staleness(backups);
  if (stale) throw new CommandError(stale);
  console.log(`The newest proven backup is ${Math.floor(ageOf(backups) / HOUR_MS)} hours old.`);
}

function list({ config, backups }: ReturnType<typeof open>): void {
  for (const { name } of backups.list()) console.log(join(config.backup.dir, name));
}

/** `taskflow verify FILE`: proves that a backup, or a file that was kept aside, can be restored. @throws CommandError */
export async function verifyCommand(words: string[], environment: Environment): Promise<void> {
  const opened = open(environment);
  const file = fileOf(words, opened, "verify FILE, or verify latest");
  const origin = await opened.backups.verify(file);
  console.log(`${file} can be restored: ${describe(origin)}.`);
}

/**
 * `taskflow restore FILE [--yes]`: puts a backup, or a file that was kept aside, in the place of the database, which is
 * kept aside.
 * @throws CommandError
 */
export async function restoreCommand(words: string[], environment: Environment): Promise<void> {
  const opened = open(environment);
  const yes = words.includes("--yes");
  const file = fileOf(
    words.filter((word) => word !== "--yes"),
    opened,
    "restore FILE [--yes], or restore latest",
  );
  if (!yes) await confirm(`Replace the database with ${file}?`);
  const { origin, kept } = await opened.backups.restore(file);
  console.log(`Restored: ${describe(origin)}.`);
  if (kept) console.log(`What was there before is kept in ${kept}.`);
}

/** @param way what to say instead */
function fileOf(words: string[], { config, backups }: ReturnType<typeof open>, way: string): string {
  const [word, ...rest] = words;
  if (!word || rest.length > 0 || word.startsWith("-")) throw usage(`say: ${way}`);
  if (word !== "latest") return resolve(word);
  const { file, ahead, empty } = backups.latest();
  if (!file) {
    const but = ahead.length > 0 ? ` but what is dated in the future (${ahead.join(", ")})` : "";
    throw new CommandError(`there is no backup in ${config.backup.dir}${but}; set BACKUP_DIR, or name a file`);
  }
  if (ahead.length > 0) console.error(`Passed over, as it is dated in the future: ${ahead.join(", ")}.`);
  if (empty.length > 0) console.error(`Passed over, as there is no account in it: ${empty.join(", ")}.`);
  return file;
}

function describe({ createdAt, version, engine, rows }: Origin): string {
  const { users = 0, tasks = 0 } = rows;
  const of = engine === "sqlite" ? "SQLite" : "PostgreSQL";
  const from = version === undefined ? "a database file" : `TaskFlow ${version} on ${of}`;
  return `${users.toLocaleString("en")} users, ${tasks.toLocaleString("en")} tasks, as of ${createdAt} (${from})`;
}
