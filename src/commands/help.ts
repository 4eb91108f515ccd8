import { version } from "../../package.json";

interface CommandHelp {
  /** Arguments and options, as in `Usage: taskflow NAME …`. */
  readonly usage: string;
  readonly summary: string;
  /** Lines of explanation and options. */
  readonly details?: string;
}

export const COMMAND_HELP: Record<string, CommandHelp> = {
  serve: {
    usage: "[serve] [--workers N]",
    summary: "Start the server (the default command)",
    details: "  --workers N    Run N processes on one port (1 to 64, default 1)",
  },
  migrate: { usage: "migrate", summary: "Bring the database schema up to date, as a start does" },
  health: {
    usage: "health [--url URL]",
    summary: "Report whether a server is ready",
    details: "  --url URL    Server to ask (default: the one that this configuration starts)",
  },
  check: {
    usage: "check [--url URL] [--account NAME] [--remove]",
    summary: "Test a running server with a new account",
    details: `  --url URL         Server to test (default: the one that this configuration starts)
  --account NAME    Name of the account (default: a random name)
  --remove          Delete the account from the database of this configuration; the default without --url`,
  },
  doctor: { usage: "doctor", summary: "Check configuration, permissions, database, disk, clock and backups" },
  diagnose: {
    usage: "diagnose [FILE]",
    summary: "Write versions, configuration, recent errors, state and query plans into one archive",
    details: `  FILE    Archive to write (default: taskflow-diagnostics-TIME.tar.gz); - for standard output

It contains no secrets, no email addresses and nothing that people have written. Recent errors and the state of the
running server are included if METRICS_PORT is set.`,
  },
  "log-level": {
    usage: "log-level LEVEL",
    summary: "Change what the running server logs, until it is restarted",
    details: `  LEVEL    debug, info, warn, error or silent

METRICS_PORT must be set, as for the server.`,
  },
  backup: {
    usage: "backup [--json | --daily | --check | --list]",
    summary: "Back up the database and verify the backup by restoring it",
    details: `  --json     Print the result as one line of JSON
  --daily    Keep running and create a backup every day at BACKUP_AT
  --check    Fail if the newest verified backup is over 26 hours old
  --list     List the verified backups, newest first

Backups are created in BACKUP_DIR, each with its manifest (FILE.json) next to it.`,
  },
  verify: {
    usage: "verify FILE",
    summary: 'Verify that a backup can be restored ("latest": the newest one)',
    details: "FILE can also be a database file kept by an upgrade or a restore.",
  },
  restore: {
    usage: "restore FILE [--yes]",
    summary: 'Replace the database with a backup ("latest": the newest one)',
    details: `  --yes    Do not ask

FILE can also be a database file kept by an upgrade or a restore. The replaced database is kept.
Stop the server first.`,
  },
  copy: {
    usage: "copy --from URL --to URL [--restart]",
    summary: "Copy everything to an empty database of either engine, and compare both",
    details: `  --from URL    Database to copy: a SQLite file or postgres://…
  --to URL      Empty database to copy into
  --restart     Discard an interrupted copy and start again

If interrupted, run it again; it resumes.`,
  },
  user: {
    usage:
      "user create NAME EMAIL | list | disable NAME | enable NAME | delete NAME... [--yes] | reset-link NAME | reset-password NAME",
    summary: "Manage accounts",
    details: `  create NAME EMAIL      Create an account
  list                   List all accounts
  disable NAME           Disable an account and end its sessions
  enable NAME            Enable an account again
  delete NAME...         Delete accounts with all their data; asks unless --yes is given
  reset-link NAME        Print a link to set a new password in the browser, valid for an hour
  reset-password NAME    Set a new password and end all sessions

create and reset-password ask for the password, or read it from standard input.`,
  },
};

/** Returns the help for one command. */
export function helpFor(command: string): string | undefined {
  const help = COMMAND_HELP[command];
  if (!help) return undefined;
  return [`Usage: taskflow ${help.usage}`, `${help.summary}.`, help.details].filter(Boolean).join("\n\n");
}

/** Returns the help for the whole program. */
export function generalHelp(): string {
  const width = Math.max(...["--version", ...Object.keys(COMMAND_HELP)].map((name) => name.length));
  const commands = Object.entries(COMMAND_HELP).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `taskflow ${version}: a task tracker

Usage: taskflow [command] [options]

Commands:
${commands.join("\n")}

Options:
  --help     Show this help, or that of a command
  --version  Show the version

In a checkout, "taskflow" is "bun src/index.ts". docs/configuration.md lists the environment variables.`;
}
