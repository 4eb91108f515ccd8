#!/usr/bin/env bun
import { version } from "../package.json";
import { generalHelp, helpFor } from "./commands/help.ts";
import { handleSignals, onSignal } from "./commands/signals.ts";
import { UsageError, usage } from "./commands/usage.ts";
import type { Environment } from "./config.ts";
import { AppError, CommandError } from "./errors.ts";
import type { WorkerMessage } from "./ops/workers.ts";

type Command = (args: string[], environment: Environment) => Promise<void> | void;

/** Commands are loaded on demand, so that none waits for what only another one needs. */
const COMMANDS: Record<string, () => Command | Promise<Command>> = {
  serve: async () => (await import("./commands/serve.ts")).serveCommand,
  migrate: async () => (await import("./commands/migrate.ts")).migrateCommand,
  health: async () => (await import("./commands/health.ts")).healthCommand,
  check: async () => (await import("./commands/check.ts")).checkCommand,
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
  diagnose: async () => (await import("./commands/diagnose.ts")).diagnoseCommand,
  "log-level": async () => (await import("./commands/log-level.ts")).logLevelCommand,
  backup: async () => (await import("./commands/backup.ts")).backupCommand,
  verify: async () => (await import("./commands/backup.ts")).verifyCommand,
  restore: async () => (await import("./commands/backup.ts")).restoreCommand,
  copy: async () => (await import("./commands/copy.ts")).copyCommand,
  user: async () => (await import("./commands/user.ts")).userCommand,
  "--version": () => () => console.log(version),
  "--help": () => () => console.log(generalHelp()),
};

const asksForHelp = (args: string[]) => args.includes("--help") || args.includes("-h");

async function main(args: string[]): Promise<void> {
  const [name = "serve", ...rest] = args[0]?.startsWith("--worker") ? ["serve", ...args] : args;
  if (name === "-h") return console.log(generalHelp());
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) throw usage(`unknown command “${name}”`);
  if (asksForHelp(rest)) return console.log(helpFor(name) ?? generalHelp());
  if (name === "serve") onSignal(() => process.exit(0)); // until there is something to shut down
  const command = await load();
  await command(rest, process.env);
}

handleSignals();
// Files of this program are private, whatever the umask of the shell.
process.umask(0o077);

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof AppError || error instanceof CommandError)) throw error;
  const issues = error instanceof AppError ? error.issues.map(({ message }) => message) : [];
  const messages = [...new Set([error.message, ...issues])].join(" ");
  // A worker leaves the message to its parent. Quoted input may contain line breaks; a message has one line.
  if (process.send) process.send({ failed: error.message } satisfies WorkerMessage);
  else console.error(`taskflow: ${messages.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")}`);
  process.exit(error instanceof UsageError ? 2 : 1);
}
