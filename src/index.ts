#!/usr/bin/env bun
import { version } from "../package.json";
import { hearSignals, onSignal } from "./commands/signals.ts";
import { UsageError, usage } from "./commands/usage.ts";
import type { Environment } from "./config.ts";
import { AppError, CommandError } from "./errors.ts";
import type { WorkerMessage } from "./ops/workers.ts";

const HELP = `taskflow ${version}: a task tracker

  taskflow [serve] [--workers N]
                                start, in N processes on one port; prints the address
  taskflow migrate              bring the database up to date, as a start does too
  taskflow health [--url URL]   whether a server is ready
  taskflow check [--url URL]    whether a server keeps its promises, tried with an account made for it
  taskflow doctor               check configuration, rights, database, disk, clock and backups, and say what to do
  taskflow backup               copy the running database into BACKUP_DIR, and prove that it can be restored
  taskflow backup --daily       the same at BACKUP_AT each day, and at once when the newest is over a day old
  taskflow backup --check       whether the newest proven backup is new enough
  taskflow backup --list        the backups that there are, the newest first
  taskflow verify FILE          prove that a backup ("latest": the newest) can be restored, or a file that was kept aside
  taskflow restore FILE [--yes] put one of these in the place of the database, which is kept aside

  taskflow copy --from URL --to URL [--restart]
                                move everything to an empty database of either engine, and check it;
                                goes on after a crash, or with --restart from the start

  taskflow user create NAME EMAIL
                                make an account; asks for its password, or reads it from standard input
  taskflow user list            every account
  taskflow user disable NAME    lock an account out, at once
  taskflow user enable NAME     let it in again
  taskflow user reset-password NAME
                                give it another password, and sign it out everywhere
  taskflow --version
  taskflow --help

From a checkout, "taskflow" is "bun src/index.ts". README.md lists the environment variables that configure it.`;

type Command = (words: string[], environment: Environment) => Promise<void> | void;

/** Each is loaded when it is called for, so that none waits for what only another needs. */
const COMMANDS: Record<string, () => Command | Promise<Command>> = {
  serve: async () => (await import("./commands/serve.ts")).serveCommand,
  migrate: async () => (await import("./commands/migrate.ts")).migrateCommand,
  health: async () => (await import("./commands/health.ts")).healthCommand,
  check: async () => (await import("./commands/check.ts")).checkCommand,
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
  backup: async () => (await import("./commands/backup.ts")).backupCommand,
  verify: async () => (await import("./commands/backup.ts")).verifyCommand,
  restore: async () => (await import("./commands/backup.ts")).restoreCommand,
  copy: async () => (await import("./commands/copy.ts")).copyCommand,
  user: async () => (await import("./commands/user.ts")).userCommand,
  "--version": () => () => console.log(version),
  "--help": () => () => console.log(HELP),
};

const asksForHelp = (words: string[]) => words.includes("--help") || words.includes("-h");

/** @returns the lines of the help that are about one command */
function helpOf(command: string): string {
  const entries = HELP.split(/\n+(?= {2}taskflow )/);
  return entries.filter((entry) => new RegExp(`^ {2}taskflow \\[?${command}\\b`).test(entry)).join("\n");
}

async function main(words: string[]): Promise<void> {
  const [word = "serve", ...rest] = words[0]?.startsWith("--worker") ? ["serve", ...words] : words;
  if (word === "-h") return console.log(HELP);
  const load = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  if (!load) throw usage(`there is no command “${word}”`);
  if (asksForHelp(rest)) return console.log(helpOf(word) || HELP);
  if (word === "serve") onSignal(() => process.exit(0)); // until there is something to end in good order
  const command = await load();
  await command(rest, process.env);
}

hearSignals();
// What is kept here is nobody else's to read, whatever the shell that started it says.
process.umask(0o077);

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof AppError || error instanceof CommandError)) throw error;
  const issues = error instanceof AppError ? error.issues.map(({ message }) => message) : [];
  const told = [...new Set([error.message, ...issues])];
  // One line, whatever was quoted in it; a worker leaves it to the process that started it to say so.
  if (process.send) process.send({ failed: error.message } satisfies WorkerMessage);
  else console.error(`taskflow: ${told.join(" ").replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")}`);
  process.exit(error instanceof UsageError ? 2 : 1);
}
