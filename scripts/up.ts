#!/usr/bin/env bun
import { isIP } from "node:net";
import { planDevelopment, planProduction } from "./lib/plan.ts";
import { restore } from "./lib/restore.ts";
import { Problem, runScript } from "./lib/script.ts";
import { openStack, stageOf } from "./lib/stack.ts";
import { start } from "./lib/start.ts";
import { waitUntilHealthy } from "./lib/wait.ts";

const HELP = `Usage: bun scripts/up.ts [prod|dev] [options]

Starts TaskFlow in containers, waits until it is healthy, and prints its address. Run it again to apply changes.

  prod              the image of this checkout and a backup service (default)
  dev               the source of this checkout; the app restarts when it changes
  --postgres        use PostgreSQL in a container
  --litestream      replicate the SQLite file continuously to REPLICA_URL (default: the backup volume)
  --monitoring      run Prometheus, Alertmanager and Grafana too, for this machine only
  --restore FILE    first restore a backup: a file name in the backup volume, "latest", or "replica" for the copy of
                    Litestream. The current database is kept aside
  --yes             do not ask before a database is replaced or left behind
  --dry-run         print the commands
  --help

The first three options stay enabled on later runs; to end the last two, empty replica-url or grafana-password in
.secrets. Secrets are generated there once. To encrypt backups, write a passphrase to .secrets/backup-passphrase.
Environment: PORT (8000), TASKFLOW_ADDRESS (127.0.0.1), TASKFLOW_IMAGE (use this image instead of building one),
TASKFLOW_ENGINE (podman or docker), and TRUST_PROXY, BASE_URL, HSTS_MAX_AGE, SIGN_UPS_PER_HOUR, STREAMS_PER_ADDRESS,
CHANGE_LOG_DAYS, SHUTDOWN_DELAY, LOG_LEVEL, LOG_SAMPLE, BACKUP_AT, BACKUP_KEEP, BACKUP_KEEP_WEEKLY and OTEL_….`;

await runScript({
  help: HELP,
  options: {
    postgres: { type: "boolean" },
    litestream: { type: "boolean" },
    monitoring: { type: "boolean" },
    restore: { type: "string" },
    yes: { type: "boolean" },
  },
  async main({ postgres = false, litestream = false, monitoring = false, restore: file, yes = false }, words, steps) {
    const stage = stageOf(words);
    if (stage === "dev" && (postgres || litestream || monitoring || yes || file !== undefined))
      throw new Problem("only --dry-run and --help are options of dev; see --help", 2);
    if (file !== undefined && !/^\w[\w.-]*$/.test(file))
      throw new Problem("--restore must be latest, replica, or a file name in the backup volume; see --help", 2);
    // Compose would only report that there is no container.
    const { PORT, TASKFLOW_ADDRESS } = process.env;
    if (PORT && !(/^\d+$/.test(PORT) && Number(PORT) >= 1 && Number(PORT) <= 65_535))
      throw new Problem("PORT must be a number from 1 to 65535.", 2);
    if (TASKFLOW_ADDRESS && !isIP(TASKFLOW_ADDRESS))
      throw new Problem("TASKFLOW_ADDRESS must be an IP address of this machine, such as 127.0.0.1.", 2);
    const stack = await openStack(stage, steps);
    const wanted = { postgres, litestream, monitoring, mayStartEmpty: yes || file !== undefined };
    const plan = await (stage === "prod" ? planProduction(stack, steps, wanted) : planDevelopment(stack, steps));
    if (file === "replica" && !plan.services.includes("taskflow-litestream"))
      throw new Problem("--restore replica requires --litestream; see --help", 2);
    if (file !== undefined)
      await restore(stack, steps, plan, file, yes).catch((error) => {
        plan.revert();
        throw error;
      });
    const changed = await start(stack, steps, plan);
    if (steps.dryRun) return;
    const address = await waitUntilHealthy(stack, plan.services);
    if (!changed) console.error("Everything is up to date.");
    if (plan.services.includes("taskflow-grafana"))
      console.error(`Grafana: http://localhost:${process.env.GRAFANA_PORT || 3000} (docs/observability.md)`);
    console.log(address);
  },
});
