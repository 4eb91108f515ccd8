import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import { copyBackup, run } from "../support/backups.ts";
import { type Client, newCredentials, send, signUp } from "../support/client.ts";
import { dataFolder } from "../support/data-folder.ts";
import { fill, smallDisk } from "../support/disk.ts";
import { follow } from "../support/events.ts";
import { freePort } from "../support/free-port.ts";
import { startLoad } from "../support/load.ts";
import { startPostgres } from "../support/postgres.ts";
import { startProgram } from "../support/program.ts";
import { noPrometheus, panelsOf, startPrometheus } from "../support/prometheus.ts";
import { waitUntil } from "../support/wait-until.ts";

const it = test.serial;
setDefaultTimeout(180_000);

const SQLITE = 'namespace="sqlite"';
const POSTGRES = 'namespace="postgres"';
/** A small disk needs root. */
const skipped = noPrometheus || process.getuid?.() !== 0;
const HOUR_MS = 60 * 60 * 1000;

/** TaskFlow on both engines, a small disk for the backups, and a Prometheus that scrapes both. */
async function createSite() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(dataFolder());
  const disk = smallDisk();
  if (!disk) throw new Error("can't mount a small disk");
  stack.use(disk);
  const server = stack.adopt(await startPostgres(), (each) => each.stop());
  const replica = stack.use(await server.replica());
  const ports = { sqlite: freePort(), postgres: freePort() };
  const environments = {
    sqlite: { DATA_DIR: folder.file("sqlite"), DATABASE_URL: folder.file("sqlite/taskflow.db"), BACKUP_DIR: disk.path },
    postgres: { DATA_DIR: folder.file("postgres"), DATABASE_URL: await server.database("taskflow") },
  };
  const start = async (name: keyof typeof ports) =>
    stack.use(await startProgram({ ...environments[name], METRICS_PORT: `${ports[name]}` }));
  const [sqlite, postgres] = await Promise.all([start("sqlite"), start("postgres")]);
  const [ada, ben] = await Promise.all([signUp(sqlite.url), signUp(postgres.url)]);
  const backup = await run(["backup"], environments.sqlite);
  const prometheus = stack.use(await startPrometheus(ports));
  return { stack, disk, server, replica, environments, start, sqlite, postgres, ada, ben, backup, prometheus };
}

/** Does what a day brings: changes that others see, a search, wrong passwords. */
async function work(url: string, person: Client) {
  await using _ = await follow(person);
  const load = startLoad([url], person, { clients: 2 });
  await load.waitForMore(20);
  await load.end();
  await person.send("/api/tasks?search=task");
  const wrong = { username: person.username, password: "not the password" };
  while ((await send(url, "/api/login", { json: wrong })).status !== 429);
  await signUp(url, newCredentials());
}

describe.skipIf(skipped)("a Prometheus that scrapes TaskFlow", () => {
  let site: Awaited<ReturnType<typeof createSite>>;
  beforeAll(async () => {
    if (!skipped) site = await createSite();
  });
  afterAll(() => site?.stack.disposeAsync());

  it("fires for changes that wait and are slow, for requests that fail, an old backup and a full disk", async () => {
    const { sqlite, postgres, ada, ben, prometheus, server, backup, disk, environments } = site;
    await Promise.all([work(sqlite.url, ada), work(postgres.url, ben)]);
    // Until its first scrape, Prometheus knows of no process. This machine itself may be slow or full.
    const others = 'ALERTS{alertstate="firing",alertname!="TaskFlowWritesSlow",volume!="data"}';
    await waitUntil(async () => (await prometheus.query(others)).length === 0);

    const createdAt = new Date(Date.now() - 27 * HOUR_MS).toISOString();
    copyBackup(backup, backup.replace(/\d{8}T\d+/, createdAt.replace(/[-:.Z]/g, "")), { createdAt });
    for (const file of [backup, `${backup}.json`]) rmSync(file);
    using other = new Database(environments.sqlite.DATABASE_URL);
    other.run("BEGIN IMMEDIATE");
    const slow = startLoad([sqlite.url], ada, { clients: 40, name: "slow" });
    await server.halt();
    const failing = startLoad([postgres.url], ben, { clients: 4, name: "failing" });
    using _ = fill(disk.path);
    await Promise.all([
      prometheus.fires("TaskFlowWriteQueueStuck", SQLITE),
      prometheus.fires("TaskFlowRequestsFail", `severity="critical",${POSTGRES}`),
      prometheus.fires("TaskFlowDiskFillsUp", `severity="critical",volume="backups",${SQLITE}`),
      prometheus.fires("TaskFlowBackupTooOld", SQLITE),
    ]);
    other.run("ROLLBACK");
    await Promise.all([slow.end(), failing.end(), server.resume()]);
    await prometheus.fires("TaskFlowWritesSlow", `severity="critical",${SQLITE}`);
  });

  it("has an answer to the query of every panel", async () => {
    const { sqlite, postgres, ada, ben, prometheus, replica } = site;
    await waitUntil(async () => (await prometheus.query("taskflow_database_replication_lag_seconds")).length > 0);
    await replica.pause();
    await Promise.all([work(sqlite.url, ada), work(postgres.url, ben)]);
    const panels = [...(await panelsOf("service")), ...(await panelsOf("database"))];
    const queries = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));
    expect(queries.length).toBeGreaterThan(40);
    for (const { title, expr } of queries) {
      const query = expr.replaceAll("$namespace", ".*").replaceAll("$__rate_interval", "2m");
      expect([title, expr, (await prometheus.query(query)).length > 0]).toEqual([title, expr, true]);
    }
  });

  it("fires for a process that starts again and again, when none is left, and for a replica that has stopped", async () => {
    const { start, postgres, sqlite, prometheus } = site;
    const started = async () =>
      Number((await prometheus.query(`process_start_time_seconds{${POSTGRES}}`))[0]?.value[1]);
    let program = postgres;
    for (let restarts = 0; restarts < 3; restarts++) {
      const before = await started();
      await program.stop("SIGKILL");
      program = await start("postgres");
      await waitUntil(async () => (await started()) > before);
    }
    await prometheus.fires("TaskFlowCrashLoop", POSTGRES);
    await sqlite.stop();
    await prometheus.fires("TaskFlowDown", SQLITE);
    await prometheus.fires("TaskFlowProcessMissing", SQLITE);
    await prometheus.fires("TaskFlowReplicaLags", POSTGRES);
  });
});
