import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { networkInterfaces } from "node:os";
import { signUp } from "../support/client.ts";
import { expectCommandError } from "../support/command-errors.ts";
import { dataFolder } from "../support/data-folder.ts";
import { freePort } from "../support/free-port.ts";
import { engine, type Program, runProgram, startProgram, tamper } from "../support/program.ts";
import { waitUntil } from "../support/wait-until.ts";

setDefaultTimeout(180_000);

const JWT_SECRET = "a secret that must never be in an archive";
const BACKUP_PASSPHRASE = "a passphrase that must never be in an archive";
const outside = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

const settings = () => ({ NODE_ENV: "production", JWT_SECRET, BACKUP_PASSPHRASE, METRICS_PORT: String(freePort()) });

interface Diagnostics {
  readonly pid: number;
  readonly logLevel: string;
  readonly recentErrors: Record<string, string>[];
}

/** Runs `taskflow diagnose` beside a program. @returns the files of its archive */
async function diagnose(environment: Record<string, string>): Promise<Record<string, string>> {
  using folder = dataFolder();
  const file = folder.file("bundle.tar.gz");
  const { code, stdout, stderr } = await runProgram(["diagnose", file], environment);
  expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: "", stdout: `${file}\n` });
  const files = await new Bun.Archive(await Bun.file(file).bytes()).files();
  return Object.fromEntries(await Promise.all([...files].map(async ([name, each]) => [name, await each.text()])));
}

describe("taskflow diagnose", () => {
  it("collects errors, state and query plans of a running server, and nothing private", async () => {
    const environment = settings();
    await using program = await startProgram(environment);
    const ada = await signUp(program.url);
    const json = { title: "private-title", description: "private-description", labels: ["private-label"] };
    await ada.send("/api/tasks", { json });
    await breakWrites(program);
    const failed = await ada.send("/api/tasks", { json });
    const { requestId } = (await failed.json()) as { requestId: string };

    const files = await diagnose({ ...environment, DATA_DIR: program.dataDir });
    expect(JSON.parse(files["about.json"] ?? "")).toMatchObject({ bun: Bun.version });
    const configuration = JSON.parse(files["configuration.json"] ?? "");
    expect(configuration).toMatchObject({ production: true, jwtSecret: "set", database: { engine } });
    const [server] = JSON.parse(files["server.json"] ?? "") as Diagnostics[];
    expect(server).toMatchObject({ pid: program.process.pid, logLevel: "info" });
    expect(server?.recentErrors).toContainEqual(expect.objectContaining({ "request.id": requestId, body: "error" }));
    expect(files["metrics.txt"]).toContain("taskflow_write_queue_depth 0");
    expect(JSON.parse(files["database.json"] ?? "")).toMatchObject({
      engine,
      migrations: { pending: 0 },
      bytes: expect.any(Number),
      rows: { users: 1, tasks: 1, comments: 0 },
    });
    for (const name of ["list tasks", "search tasks", "send live updates"])
      expect(files["query-plans.txt"]).toMatch(new RegExp(`^# ${name}\nselect .*\n {4}\\S`, "m"));

    const all = JSON.stringify(files);
    for (const secret of ["private", ada.token, ada.email, ada.username, ada.password, JWT_SECRET, BACKUP_PASSPHRASE])
      expect(all.includes(secret)).toBe(false);
  });

  it("says what is missing without a server, and without a database", async () => {
    using folder = dataFolder();
    const environment = { ...settings(), DATA_DIR: folder.path };
    expect((await runProgram(["migrate"], environment)).code).toBe(0);
    const files = await diagnose(environment);
    expect(files["server.json"]).toContain("does not respond");
    expect(JSON.parse(files["database.json"] ?? "")).toMatchObject({ rows: { tasks: 0 } });
    const { METRICS_PORT: _, ...unset } = environment;
    expect((await diagnose(unset))["server.json"]).toContain("set METRICS_PORT");
  });

  it.skipIf(engine !== "sqlite")("upgrades nothing", async () => {
    using folder = dataFolder();
    const environment = { ...settings(), DATA_DIR: folder.path };
    expect((await diagnose(environment))["database.json"]).toContain("no database");
    expect(await Bun.file(folder.file("taskflow.db")).exists()).toBe(false);
  });
});

describe("taskflow log-level", () => {
  it("changes what every worker logs", async () => {
    const environment = settings();
    await using program = await startProgram(environment, ["--workers", "2"]);
    const { code, stdout } = await runProgram(["log-level", "debug"], environment);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "The log level is debug.\n" });
    const levels = async () =>
      ((await (await operator(environment, "/diagnostics")).json()) as Diagnostics[]).map(({ logLevel }) => logLevel);
    expect(await levels()).toEqual(["debug", "debug"]);
    await fetch(`${program.url}/healthz`);
    await program.waitFor(/"url.path":"\/healthz"/);

    const [ended] = (await (await operator(environment, "/diagnostics")).json()) as Diagnostics[];
    process.kill(ended?.pid ?? 0, "SIGKILL");
    const pids = async () =>
      ((await (await operator(environment, "/diagnostics")).json()) as Diagnostics[]).map(({ pid }) => pid);
    await waitUntil(async () => {
      const now = await pids();
      return now.length === 2 && !now.includes(ended?.pid ?? 0);
    });
    expect(await levels()).toEqual(["debug", "debug"]);
  });

  it("is only for programs on the machine of the server", async () => {
    const environment = { ...settings(), METRICS_HOST: "::" };
    await using _ = await startProgram(environment);
    const change = (headers: Record<string, string>, host?: string) =>
      operator(environment, "/log-level", { method: "PUT", body: "debug", headers }, host);
    const others = { host: "evil.example", "x-forwarded-for": "192.0.2.1", origin: "http://localhost" };
    for (const [name, value] of Object.entries(others)) expect((await change({ [name]: value })).status).toBe(403);
    if (outside) expect((await change({}, outside)).status).toBe(403);
    expect((await change({})).status).toBe(200);
    expect((await operator(environment, "/log-level", { method: "PUT", body: "loud" })).status).toBe(422);
  });

  it("says what is wrong", async () => {
    await expectCommandError(["log-level", "loud"], {}, /one of debug, info, warn, error, silent/);
    await expectCommandError(["log-level", "debug"], {}, /METRICS_PORT/);
    await expectCommandError(["log-level", "debug"], settings(), /does not respond/);
  });
});

const operator = ({ METRICS_PORT }: { METRICS_PORT: string }, path: string, init?: RequestInit, host = "127.0.0.1") =>
  fetch(`http://${host}:${METRICS_PORT}${path}`, init);

/** Makes every insert of a task fail. */
const breakWrites = ({ dataDir }: Program) =>
  tamper(dataDir, {
    sqlite: "CREATE TRIGGER broken BEFORE INSERT ON tasks BEGIN SELECT RAISE(ABORT, 'broken'); END",
    postgres: "alter table tasks add constraint broken check (title is null) not valid",
  });
