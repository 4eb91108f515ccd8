import type { Parts } from "./parts.ts";
import { confirm, Problem, type Steps } from "./script.ts";
import { everyProfile, namesOf, type Stack } from "./stack.ts";
import { configurationOf, fetchImage, LOCKED, secretsOf, startPostgres } from "./start.ts";

/**
 * Puts a backup in the place of the database, or a replica where there is none. Nobody may use the database meanwhile;
 * where it is a server, that has to run.
 * @param file `latest`, `replica`, or a name in the backups' volume
 * @param yes does not ask when there is a database
 * @throws Problem with nothing changed, and what ran before running again
 */
export async function restore(stack: Stack, steps: Steps, parts: Parts, file: string, yes: boolean): Promise<void> {
  const { command } = stack.engine;
  const { services, environment } = parts;
  const service = file === "replica" ? "taskflow-litestream" : "taskflow-backup";
  const image = await fetchImage(stack, steps, service, environment);
  // Litestream has nothing to verify with, and leaves alone what is there.
  if (file !== "replica") {
    await verify(stack, steps, parts, image, file);
    if (!yes && !steps.dryRun && (await hasDatabase(stack, steps, parts)))
      await confirm(`Put ${file} in the place of the database of ${stack.project}, which is kept aside?`);
  }

  const ours = ["--filter", `label=com.docker.compose.project=${stack.project}`, "--format={{.Names}}"];
  const running = ((await steps.ask([command, "ps", ...ours])) ?? "")
    .split("\n")
    .filter((name) => name && name !== stack.container("taskflow-postgres"));
  if (running.length > 0) await steps.run("Stopping what uses the database", [command, "stop", "-t", "30", ...running]);
  try {
    const given = { environment: { ...environment, COMPOSE_PROJECT_NAME: stack.project, ...everyProfile } };
    // Its volumes, new ones where they were lost, are the ones that the restore gets.
    if (!(await namesOf(stack, "container", steps)).includes(stack.container(service)))
      await steps.run("Preparing the volumes", stack.compose("up", "--no-start", service), given);
    if (services.includes("taskflow-postgres")) await startPostgres(stack, steps, given);
    // Not by "compose run", whose exit code podman-compose 1.0 keeps to itself.
    const told = await steps.run(`Restoring ${file}`, [
      ...[command, ...LOCKED, `--volumes-from=${stack.container(service)}`],
      ...(await secretsOf(stack, service, parts)),
      `--network=${stack.project}_${file === "replica" ? "front" : environment.TASKFLOW_BACKUP_NETWORK}`,
      ...["DATABASE_URL_FILE", "BACKUP_PASSPHRASE_FILE", "REPLICA_URL"].flatMap((name) =>
        environment[name] ? [`--env=${name}=${environment[name]}`] : [],
      ),
      ...(file === "replica"
        ? [
            "--env=AWS_SHARED_CREDENTIALS_FILE=/run/secrets/s3-credentials",
            ...[image, "restore", "-config", "/etc/litestream.yml", "/data/taskflow.db"],
          ]
        : [image, "restore", placeOf(file), "--yes"]),
    ]);
    if (told) console.log(told.trim());
  } catch (error) {
    if (running.length > 0) await steps.run("Starting again what ran before", [command, "start", ...running]);
    throw error;
  }
}

/** Before anything is stopped for it. @throws Problem unless the backup can be restored */
async function verify(stack: Stack, steps: Steps, parts: Parts, image: string, file: string) {
  const volume = `${stack.project}_backups`;
  if (!steps.dryRun && !(await namesOf(stack, "volume", steps)).includes(volume))
    throw new Problem(`there is no volume ${volume}, and so no backup; nothing was changed`);
  const told = await steps.run(`Verifying ${file}`, [
    ...[stack.engine.command, ...LOCKED, "--network=none", `--volume=${volume}:/backups`],
    ...(await configurationOf(stack, parts)),
    ...[image, "verify", placeOf(file)],
  ]);
  if (told) console.log(told.trim());
}

const placeOf = (file: string) => (file === "latest" ? file : `/backups/${file}`);

/** A server elsewhere may hold anything. */
async function hasDatabase(stack: Stack, steps: Steps, { services, environment }: Parts): Promise<boolean> {
  const postgres = services.includes("taskflow-postgres");
  if (environment.DATABASE_URL_FILE && !postgres) return true;
  return (await namesOf(stack, "volume", steps)).includes(`${stack.project}_${postgres ? "postgres" : "data"}`);
}
