import type { Plan } from "./plan.ts";
import { confirm, type Steps } from "./script.ts";
import { namesOf, runInService, type Stack } from "./stack.ts";
import { startPostgres } from "./start.ts";

/**
 * Replaces the database with a backup, or restores a replica if there is no database. Stops whatever uses the database.
 * @param file `latest`, `replica`, or a file name in the backup volume
 * @param yes whether not to ask if there is a database
 * @throws Problem with nothing changed, after starting the stopped containers again
 */
export async function restore(stack: Stack, steps: Steps, plan: Plan, file: string, yes: boolean): Promise<void> {
  const { engine, project, container } = stack;
  const { services, environment } = plan;
  const runs = (title: string, service: string, ...words: string[]) =>
    runInService(stack, steps, title, service, words, environment);
  const path = file === "latest" ? file : `/backups/${file}`;
  // Litestream can't verify a replica, and refuses to replace a database.
  if (file !== "replica") {
    // Before the first container, which creates the volume. A server elsewhere may have any data.
    const volume = `${project}_${services.includes("taskflow-postgres") ? "postgres" : "data"}`;
    const isElsewhere = environment.DATABASE_URL_FILE && !services.includes("taskflow-postgres");
    const isThere = isElsewhere || (await namesOf(stack, "volume", steps)).includes(volume);
    console.error(await runs(`Verifying ${file}`, "taskflow-backup", "verify", path));
    if (!yes && !steps.dryRun && isThere)
      await confirm(`Replace the database of ${project} with ${file}? The replaced one is kept.`);
  }

  const ours = ["--filter", `label=com.docker.compose.project=${project}`, "--format={{.Names}}"];
  const running = ((await steps.ask([engine, "ps", ...ours])) ?? "").split("\n").filter(Boolean);
  const users = running.filter((name) => name !== container("taskflow-postgres"));
  if (users.length > 0) await steps.run("Stopping what uses the database", [engine, "stop", "-t", "30", ...users]);
  try {
    if (services.includes("taskflow-postgres")) await startPostgres(stack, steps, environment);
    const replica = ["restore", "-config", "/etc/litestream.yml", "/data/taskflow.db"];
    if (file === "replica") await runs("Restoring the replica", "taskflow-litestream", ...replica);
    else console.log(await runs(`Restoring ${file}`, "taskflow-backup", "restore", path, "--yes"));
  } catch (error) {
    if (users.length > 0) await steps.run("Starting the stopped containers", [engine, "start", ...users]);
    throw error;
  }
}
