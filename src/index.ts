#!/usr/bin/env bun
import { version } from "../package.json";
import { backupCommand, restoreCommand, verifyCommand } from "./commands/backup.ts";
import { copyCommand } from "./commands/copy.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { healthCommand } from "./commands/health.ts";
import { migrateCommand } from "./commands/migrate.ts";
import { serveCommand } from "./commands/serve.ts";
import { userCommand } from "./commands/user.ts";
import { usage } from "./commands/words.ts";
import type { Environment } from "./config.ts";
import { AppError } from "./errors.ts";
import type { WorkerMessage } from "./workers.ts";

const HELP = `taskflow ${version}: a task tracker

  taskflow [serve] [--workers N]
                                start, in N processes on one port; prints the address
  taskflow migrate              bring the database up to date, as a start does too
  taskflow health [--url URL]   whether a server is ready
  taskflow doctor               check configuration, rights, database, disk, clock and backups, and say what to do
  taskflow backup               copy the running database into BACKUP_DIR, and prove that it can be restored
  taskflow backup --daily       the same at BACKUP_AT each day, and at once when the newest is over a day old
  taskflow backup --check       whether the newest proven backup is new enough
  taskflow backup --list        the backups that there are, the newest first
  taskflow verify FILE          prove that a backup can be restored
  taskflow restore FILE [--yes] put a backup ("latest": the newest) in the place of the database, which is kept aside

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

const COMMANDS: Record<string, Command> = {
  serve: serveCommand,
  migrate: migrateCommand,
  health: healthCommand,
  doctor: doctorCommand,
  backup: backupCommand,
  verify: verifyCommand,
  restore: restoreCommand,
  copy: copyCommand,
  user: userCommand,
  "--version": () => console.log(version),
  "--help": () => console.log(HELP),
};

async function main([word = "serve", ...rest]: string[]): Promise<void> {
  if (word.startsWith("--worker")) return serveCommand([word, ...rest], process.env);
  const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  if (!command) throw usage(`there is no command “${word}”`);
  await command(rest, process.env);
}

// What is kept here is nobody else's to read, whatever the shell that started it says.
process.umask(0o077);

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  const told = [error.message, ...error.issues.map(({ message }) => message)].filter(
    (line, index, lines) => lines.indexOf(line) === index,
  );
  // One line, whatever was quoted in it; a worker leaves it to the process that started it to say so.
  if (process.send) process.send({ failed: error.message } satisfies WorkerMessage);
  else console.error(`taskflow: ${told.join(" ").replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")}`);
  process.exit(1);
}
