import { afterAll, beforeAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { checkout } from "../support/checkout.ts";
import { type Client, send, signUp } from "../support/client.ts";
import { noEngine, podman, run, startContainer } from "../support/containers.ts";
import { expectNothingLost, startLoad } from "../support/load.ts";
import { litestreamImage, postgresImage } from "../support/service-images.ts";
import { stack } from "../support/stack.ts";
import { createTask } from "../support/tasks.ts";

setDefaultTimeout(600_000);

/** @returns the titles of a person's tasks */
async function titles(url: string, { token }: Client): Promise<string[] | undefined> {
  const list = await send(url, "/api/tasks", { headers: { authorization: `Bearer ${token}` } });
  const { items } = (await list.json()) as { items?: { title: string }[] };
  return items?.map(({ title }) => title).toSorted();
}

/** Makes a backup. @returns its path in the container */
const backUp = (project: string) => podman("exec", `${project}-backup`, "/usr/bin/taskflow", "backup");

it("compose.yaml passes every setting of the program that containers do not fix", async () => {
  const fixed =
    /^(PORT|HOST|NODE_ENV|NO_COLOR|TERM|OTEL_EXPORTER_OTLP_PROTOCOL|DATA_DIR|BACKUP_DIR|DATABASE_DIRECT_URL(_FILE)?|JWT_SECRET_PREVIOUS(_FILE)?)$/;
  const secret = /^(DATABASE_URL|JWT_SECRET|BACKUP_PASSPHRASE|OTEL_EXPORTER_OTLP_HEADERS)$/; // as files
  const documented = [...(await Bun.file("docs/configuration.md").text()).matchAll(/^\| `(\w+)`/gm)].map(
    ([, name = ""]) => name,
  );
  const { services } = Bun.YAML.parse(await Bun.file("deploy/compose.yaml").text()) as {
    services: Record<string, { environment?: object }>;
  };
  const passed = new Set(Object.values(services).flatMap(({ environment = {} }) => Object.keys(environment)));
  expect(documented.filter((name) => !fixed.test(name) && !secret.test(name) && !passed.has(name))).toEqual([]);
  expect(documented.length).toBeGreaterThan(20);
});

describe.skipIf(noEngine)("the containers of bun scripts/up.ts prod", () => {
  let site: ReturnType<typeof stack>;
  let output: string;
  let lastLine: string | undefined;
  beforeAll(async () => {
    if (noEngine) return;
    site = stack("prod", { TASKFLOW_IMAGE: "" });
    const { code, stdout, stderr } = await site.script("up");
    output = stderr + stdout;
    lastLine = stdout.trim().split("\n").at(-1);
    expect(code, output).toBe(0);
  });
  afterAll(() => site?.[Symbol.asyncDispose]());

  it("are ready at the address that the script prints", async () => {
    expect(lastLine).toBe(site.url);
    expect((await send(site.url, "/readyz")).status).toBe(200);
  });

  it("have a read-only root, no capability and limits; the backup service has no way out", async () => {
    const networks: string[][] = [];
    for (const service of ["app", "backup"]) {
      const [container] = JSON.parse(await podman("inspect", `${site.project}-${service}`));
      expect(container.HostConfig).toMatchObject({
        ReadonlyRootfs: true,
        RestartPolicy: { Name: "unless-stopped" },
        SecurityOpt: ["no-new-privileges"],
        Memory: 512 * 1024 * 1024,
        LogConfig: { Type: "json-file", Size: "10MB" },
      });
      expect(container.EffectiveCaps ?? []).toEqual([]);
      expect(container.HostConfig.NanoCpus).toBeGreaterThan(0);
      expect(container.HostConfig.PidsLimit).toBeLessThanOrEqual(256);
      const mounts = container.Mounts.map((mount: { Destination: string }) => mount.Destination);
      expect(mounts).toEqual(expect.arrayContaining(["/data", "/backups"]));
      networks.push(Object.keys(container.NetworkSettings.Networks));
    }
    expect(networks).toEqual([[`${site.project}_front`], [`${site.project}_back`]]);
    const [inner] = JSON.parse(await podman("network", "inspect", `${site.project}_back`));
    expect(inner.internal).toBe(true);
  });

  it("keep their secrets out of output and settings, in a private folder", async () => {
    const secret = readFileSync(join(site.secrets, "jwt-secret"), "utf8");
    expect(secret.length).toBeGreaterThanOrEqual(64);
    expect(statSync(site.secrets).mode & 0o777).toBe(0o700);
    const settings = await podman("inspect", `${site.project}-app`, `${site.project}-backup`);
    expect(settings).toContain("/run/secrets/jwt-secret");
    expect(output + settings).not.toContain(secret);
  });

  it("have a verified backup at once, so that the backup service is healthy", async () => {
    const backup = `${site.project}-backup`;
    expect((await run(["podman", "logs", backup])).stdout).toContain("backup verified");
    expect((await run(["podman", "healthcheck", "run", backup])).code).toBe(0);
  });

  it("open to a shell from another container, and have a log", async () => {
    const look = await site.script("shell", "taskflow-app", "--", "ls", "/data");
    expect(look.stdout).toContain("taskflow.db");
    expect((await site.script("logs", "taskflow-app")).stdout).toContain("TaskFlow is running");
    expect((await site.script("logs", "taskflow-postgres")).stderr).toMatch(/no container with name .*-postgres/);
  });
});

describe.skipIf(noEngine)("bun scripts/up.ts prod", () => {
  it("changes nothing when run again, unless a secret changed; the data survives down and up, and is restored after its loss", async () => {
    await using site = stack("prod");
    // As some editors save: a new file under the same name, readable only by its owner.
    const encryptWith = (passphrase: string) => {
      const file = join(site.secrets, "backup-passphrase");
      writeFileSync(`${file}.new`, passphrase, { mode: 0o600 });
      renameSync(`${file}.new`, file);
    };
    mkdirSync(site.secrets);
    encryptWith("the first passphrase");
    await site.up();
    const secret = readFileSync(join(site.secrets, "jwt-secret"), "utf8");
    const containers = await site.containers();
    expect(containers.split("\n")).toHaveLength(2);
    const person = await signUp(site.url);
    await createTask(person, "Still here");

    await site.up();
    expect(await site.containers()).toBe(containers);
    encryptWith("another passphrase");
    await site.up();
    await backUp(site.project);
    expect((await site.script("down")).code).toBe(0);
    expect(await site.containers()).toBe("");
    // The output of --dry-run has the same effect when it is pasted into a shell.
    const { stdout: lines } = await site.script("up", "--dry-run");
    expect(lines).not.toContain(secret);
    const { code, stderr } = await run(["bash", "-ec", lines], { env: { PORT: new URL(site.url).port } });
    expect(code, stderr).toBe(0);
    expect((await site.script("up")).stderr).toContain("Everything is up to date.");
    expect(readFileSync(join(site.secrets, "jwt-secret"), "utf8")).toBe(secret);
    expect(await titles(site.url, person)).toEqual(["Still here"]);

    await podman("rm", "--force", `${site.project}-app`, `${site.project}-backup`);
    await podman("volume", "rm", `${site.project}_data`);
    await site.up("--restore", "latest");
    expect(await titles(site.url, person)).toEqual(["Still here"]);
  });

  it("asks before it replaces or leaves behind data, and keeps the containers running when a restore fails", async () => {
    await using site = stack("prod");
    await site.up();
    const person = await signUp(site.url);
    const backup = await backUp(site.project);
    await createTask(person, "After the backup");
    const containers = await site.containers();
    const refused = async (reason: RegExp, ...words: string[]) => {
      const { code, stderr } = await site.script("up", ...words);
      expect([code, stderr]).toEqual([1, expect.stringMatching(reason)]);
    };

    await refused(/database.*--yes/, "--restore", "latest");
    await refused(/no file \/backups\/nothing\.db\.zst/, "--postgres", "--restore", "nothing.db.zst");
    await refused(/empty.*_data.*--restore latest.*--yes/, "--postgres");
    writeFileSync(join(site.secrets, "backup-passphrase"), "too short");
    await refused(/BACKUP_PASSPHRASE must have at least/);
    writeFileSync(join(site.secrets, "backup-passphrase"), "");
    expect(await site.containers()).toBe(containers);

    const other = await startContainer({ volume: `${site.project}_data` });
    await refused(/is using \/data\/taskflow\.db/, "--restore", basename(backup), "--yes");
    await other[Symbol.asyncDispose]();
    expect(await site.containers()).toBe(containers);
    expect(await site.up()).toBe(site.url);
    expect(await site.containers()).toBe(containers);
    expect(await titles(site.url, person)).toEqual(["After the backup"]);
  });

  it("prints the end of the log when the app does not stay up", async () => {
    await using site = stack("prod", { TRUST_PROXY: "many", BASE_URL: "tasks.example.org" });
    const { code, stderr } = await site.script("up");
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/BASE_URL must be[\s\S]*TRUST_PROXY must be[\s\S]*taskflow-app does not stay up/),
    ]);
  });

  it("fails when the backup service does not stay up, also when run again", async () => {
    await using site = stack("prod", { BACKUP_AT: "noon" });
    for (let time = 0; time < 2; time++) {
      const { code, stdout, stderr } = await site.script("up");
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(/BACKUP_AT must be[\s\S]*taskflow-backup does not stay up/);
      expect(stderr).not.toContain("Everything is");
    }
  });
});

describe.skipIf(noEngine)("bun scripts/up.ts prod --postgres", () => {
  it("moves the data from SQLite, stays on PostgreSQL on later runs, and is restored after the loss of its volume", async () => {
    await using site = stack("prod", { POSTGRES_IMAGE: await postgresImage() });
    await site.up();
    const person = await signUp(site.url);
    await createTask(person, "On SQLite");
    await backUp(site.project);

    await site.up("--postgres", "--restore", "latest");
    expect(await titles(site.url, person)).toEqual(["On SQLite"]);
    await createTask(person, "On PostgreSQL");
    const rows = ["psql", "--username=taskflow", "--tuples-only", "--command=select count(*) from tasks"];
    expect((await podman("exec", `${site.project}-postgres`, ...rows)).trim()).toBe("2");
    expect((await podman("port", `${site.project}-postgres`)).trim()).toBe("");
    await backUp(site.project);

    expect((await site.script("down")).code).toBe(0);
    await podman("volume", "rm", `${site.project}_postgres`);
    await site.up("--restore", "latest");
    expect(await site.names("volume")).toContain(`${site.project}_postgres`);
    expect(await titles(site.url, person)).toEqual(["On PostgreSQL", "On SQLite"]);
  });
});

describe.skipIf(noEngine)("bun scripts/up.ts prod --litestream", () => {
  it("keeps a replica, also on later runs, and restores it after the loss of the volume", async () => {
    await using site = stack("prod", { LITESTREAM_IMAGE: await litestreamImage() });
    await site.up("--litestream");
    const person = await signUp(site.url);
    const load = startLoad([site.url], person, { clients: 8 });
    await load.waitForMore(300);
    await load.end();
    expect((await site.script("down")).code).toBe(0);

    await podman("volume", "rm", `${site.project}_data`);
    await site.up("--restore", "replica");
    await expectNothingLost(site.url, person, [load]);
    const containers = await site.containers();
    expect(containers).toContain(`${site.project}-litestream`);
    const again = await site.script("up", "--restore", "replica");
    expect([again.code === 0, again.stderr]).toEqual([false, expect.stringMatching(/\/data\/taskflow\.db/)]);
    await site.up();
    expect(await site.containers()).toBe(containers);
  });
});

describe.skipIf(noEngine)("bun scripts/up.ts dev", () => {
  it("serves the source of the checkout and restarts when it changes, also after a syntax error", async () => {
    using copy = await checkout();
    await using site = stack("dev", {}, copy.path);
    expect(await site.up()).toBe(site.url);
    // "" while the server restarts.
    const read = (path: string) =>
      send(site.url, path)
        .then((response) => response.text())
        .catch(() => "");
    const style = async () => {
      const path = /\/static\/app-[^"]+\.css/.exec(await read("/login"))?.[0];
      return path ? await read(path) : "";
    };
    expect(await style()).not.toContain("--changed-by-a-spec");
    appendFileSync(join(copy.path, "static/ui/tokens.css"), "\n:root { --changed-by-a-spec: 1 }\n");
    while (!(await style()).includes("--changed-by-a-spec"));

    const view = join(copy.path, "views/accounts/sign-in.tsx");
    const source = readFileSync(view, "utf8");
    const titled = (title: string) => source.replace('title="Sign in"', `title="${title}"`);
    writeFileSync(view, titled("Changed by a spec"));
    while (!(await read("/login")).includes("Changed by a spec"));
    writeFileSync(view, `${source}\nexport const = {`);
    while ((await read("/login")) !== "");
    writeFileSync(view, titled("Fixed by a spec"));
    while (!(await read("/login")).includes("Fixed by a spec"));

    expect((await site.script("clean", "--yes")).code).toBe(0);
    expect([await site.names("volume"), await site.names("network")]).toEqual([[], []]);
  });
});
