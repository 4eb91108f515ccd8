#!/usr/bin/env bun
import { development, production } from "./lib/parts.ts";
import { restore } from "./lib/restore.ts";
import { Problem, runScript } from "./lib/script.ts";
import { checkSettings } from "./lib/settings.ts";
import { openStack, stageOf } from "./lib/stack.ts";
import { start } from "./lib/start.ts";
import { waitUntilHealthy } from "./lib/wait.ts";

const HELP = `bun scripts/up.ts [prod|dev]: starts TaskFlow in containers, waits until it is healthy, prints the address

  prod              the image of this checkout, built when it is not there, and a backup service (the default)
  dev               the source of this checkout, started again whenever it changes
  --postgres        on a PostgreSQL of its own; from then on without saying so
  --litestream      with a replica of the SQLite file that is never more than a second old, at REPLICA_URL (beside the
                    backups; needed where those are encrypted, as a replica is not); from then on without saying so:
                    empty .secrets/replica-url to end it
  --restore FILE    first verifies and puts back a backup, by its name in the backups' volume, or “latest”; what is
                    there is kept. “replica”, from Litestream's, where the data's volume is lost or empty
  --yes             does not ask before a database is replaced or left behind
  --dry-run         prints the commands
  --help

Run again it changes nothing, unless the image, the configuration or a secret is another. The secrets are made once, in
.secrets. To encrypt backups, write a passphrase into .secrets/backup-passphrase; keep it as long as its backups.
PORT (8000), TRUST_PROXY, SHUTDOWN_DELAY, LOG_LEVEL, BACKUP_AT, BACKUP_KEEP, BACKUP_KEEP_WEEKLY are passed on.
TASKFLOW_IMAGE takes another image and builds none; TASKFLOW_ADDRESS (127.0.0.1) is where the port is opened.
Uses Podman or Docker: TASKFLOW_ENGINE says which.`;

await runScript({
  help: HELP,
  options: {
    postgres: { type: "boolean" },
    litestream: { type: "boolean" },
    restore: { type: "string" },
    yes: { type: "boolean" },
  },
  async main({ postgres = false, litestream = false, restore: file, yes = false }, words, steps) {
    const stage = stageOf(words);
    if (stage === "dev" && (postgres || litestream || yes || file !== undefined))
      throw new Problem("--postgres, --litestream, --restore and --yes go with prod only; see --help", 2);
    if (file !== undefined && !/^[\w][\w.-]*$/.test(file))
      throw new Problem("--restore: say latest, replica, or the name of a file in the backups' volume", 2);
    checkSettings(process.env);
    const stack = await openStack(stage, steps);
    const mayStartEmpty = yes || file !== undefined;
    const parts =
      stage === "prod"
        ? await production(stack, steps, { postgres, litestream, mayStartEmpty })
        : await development(stack, steps);
    if (file === "replica" && !parts.services.includes("taskflow-litestream"))
      throw new Problem("--restore replica goes with --litestream", 2);
    if (file !== undefined)
      await restore(stack, steps, parts, file, yes).catch((error) => {
        parts.forget();
        throw error;
      });
    const changed = await start(stack, steps, parts);
    if (steps.dryRun) return;
    const address = await waitUntilHealthy(stack, parts.services);
    if (!changed) console.error("Everything runs as it should.");
    console.log(address);
  },
});
