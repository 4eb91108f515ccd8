import { afterAll, beforeAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { checkout } from "../support/checkout.ts";
import { send, signUp } from "../support/client.ts";
import { image, noEngine, podman, run, startContainer } from "../support/containers.ts";
import { stack } from "../support/stack.ts";

setDefaultTimeout(300_000);

describe.skipIf(noEngine)("what bun scripts/up.ts prod starts", () => {
  let site: ReturnType<typeof stack>;
  let output: string;
  let lastLine: string | undefined;
  beforeAll(async () => {
    if (noEngine) return;
    site = stack("prod");
    const { code, stdout, stderr } = await site.script("up");
    output = stderr + stdout;
    lastLine = stdout.trim().split("\n").at(-1);
    expect(code, output).toBe(0);
  });
  afterAll(() => site?.[Symbol.asyncDispose]());

  it("is healthy, and at the address that it prints", async () => {
    expect(lastLine).toBe(site.url);
    const status = await podman("ps", "--filter", `name=${site.project}-app`, "--format={{.Status}}");
    expect(status).toContain("(healthy)");
    expect((await send(site.url, "/readyz")).status).toBe(200);
  });

  it("is locked up: nothing to write to, no right, limits; the backups' service reaches nothing outside", async () => {
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
      const places = container.Mounts.map((mount: { Destination: string }) => mount.Destination);
      expect(places).toEqual(expect.arrayContaining(["/data", "/backups"]));
      networks.push(Object.keys(container.NetworkSettings.Networks));
    }
    expect(networks).toEqual([[`${site.project}_front`], [`${site.project}_back`]]);
    const [inner] = JSON.parse(await podman("network", "inspect", `${site.project}_back`));
    expect(inner.internal).toBe(true);
  });

  it("shows its secrets to nobody: in no output, in no container's settings, in a folder of their own", async () => {
    const secret = readFileSync(join(site.secrets, "jwt-secret"), "utf8");
    expect(secret.length).toBeGreaterThanOrEqual(64);
    expect(statSync(site.secrets).mode & 0o777).toBe(0o700);
    const settings = await podman("inspect", `${site.project}-app`, `${site.project}-backup`);
    expect(settings).toContain("/run/secrets/jwt-secret");
    expect(output + settings).not.toContain(secret);
  });

  it("has a verified backup at once, and its service is healthy for it", async () => {
    const backup = `${site.project}-backup`;
    expect((await run(["podman", "logs", backup])).stdout).toContain("backup verified");
    expect((await run(["podman", "healthcheck", "run", backup])).code).toBe(0);
  });

  it("can be looked into from beside, and its log read", async () => {
    const look = await site.script("shell", "taskflow-app", "--", "ls", "/data");
    expect(look.stdout).toContain("taskflow.db");
    expect((await site.script("logs", "taskflow-app")).stdout).toContain("TaskFlow is running");
    expect((await site.script("logs", "taskflow-postgres")).stderr).toMatch(/there is no taskflow-postgres here/);
  });
});

describe.skipIf(noEngine)("bun scripts/up.ts prod", () => {
  it("changes nothing the second time, but for another secret; the data survives down and up, and its loss when there is a backup", async () => {
    await using site = stack("prod");
    // As an editor may leave it: another file by that name, and nobody else's to read.
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
    await person.send("/api/tasks", { json: { title: "Still here" } });
    const titles = async () => {
      const list = await send(site.url, "/api/tasks", { headers: { authorization: `Bearer ${person.token}` } });
      return ((await list.json()) as { items?: { title: string }[] }).items?.map(({ title }) => title);
    };

    await site.up();
    expect(await site.containers()).toBe(containers);
    encryptWith("another passphrase");
    await site.up();
    await podman("exec", `${site.project}-backup`, "/usr/bin/taskflow", "backup");
    expect((await site.script("down")).code).toBe(0);
    expect(await site.containers()).toBe("");
    // What --dry-run prints does the same when it is pasted.
    const { stdout: lines } = await site.script("up", "--dry-run");
    expect(lines).not.toContain(secret);
    const { code, stderr } = await run(["bash", "-ec", lines], { env: { PORT: new URL(site.url).port } });
    expect(code, stderr).toBe(0);
    expect((await site.script("up")).stderr).toContain("Everything runs as it should.");
    expect(readFileSync(join(site.secrets, "jwt-secret"), "utf8")).toBe(secret);
    expect(await titles()).toEqual(["Still here"]);

    await podman("rm", "--force", `${site.project}-app`, `${site.project}-backup`);
    await podman("volume", "rm", `${site.project}_data`);
    await site.up("--restore", "latest");
    expect(await titles()).toEqual(["Still here"]);
  });

  it("replaces or leaves behind no data unasked, and what ran goes on when nothing comes of a restore", async () => {
    await using site = stack("prod");
    await site.up();
    const person = await signUp(site.url);
    const backup = await podman("exec", `${site.project}-backup`, "/usr/bin/taskflow", "backup");
    await person.send("/api/tasks", { json: { title: "After the backup" } });
    const containers = await site.containers();
    const refused = async (reason: RegExp, ...words: string[]) => {
      const { code, stderr } = await site.script("up", ...words);
      expect([code, stderr]).toEqual([1, expect.stringMatching(reason)]);
    };

    await refused(/in the place of the database.*Say --yes where nobody can be asked/, "--restore", "latest");
    await refused(/no file \/backups\/nothing\.db\.zst/, "--postgres", "--restore", "nothing.db.zst");
    await refused(/starts empty.*_data.*--restore latest.*Say --yes/, "--postgres");
    writeFileSync(join(site.secrets, "backup-passphrase"), "too short");
    await refused(/BACKUP_PASSPHRASE must have at least/);
    writeFileSync(join(site.secrets, "backup-passphrase"), "");
    expect(await site.containers()).toBe(containers);

    const other = await startContainer({ image: await image(), volume: `${site.project}_data` });
    await refused(/is using \/data\/taskflow\.db/, "--restore", basename(backup), "--yes");
    await other[Symbol.asyncDispose]();
    expect(await site.containers()).toBe(containers);
    expect(await site.up()).toBe(site.url);
    expect(await site.containers()).toBe(containers);
    const list = await send(site.url, "/api/tasks", { headers: { authorization: `Bearer ${person.token}` } });
    expect(await list.json()).toMatchObject({ items: [{ title: "After the backup" }] });
  });

  it("says what went wrong, with the log's last lines, when the app does not stay up", async () => {
    await using site = stack("prod", { TRUST_PROXY: "many" });
    const wrong = await site.script("up");
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/TRUST_PROXY must be[\s\S]*taskflow-app does not stay up/);
  });

  it("is not content with an app whose backups' service does not stay up, the first time or the second", async () => {
    await using site = stack("prod", { BACKUP_AT: "noon" });
    for (let time = 0; time < 2; time++) {
      const { code, stdout, stderr } = await site.script("up");
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(/BACKUP_AT must be[\s\S]*taskflow-backup does not stay up/);
      expect(stderr).not.toContain("Everything runs");
    }
  });
});

describe.skipIf(noEngine)("bun scripts/up.ts dev", () => {
  it("serves the source of the checkout, what is changed in it, and after a mistake what it is mended to", async () => {
    using copy = await checkout();
    await using site = stack("dev", {}, copy.path);
    expect(await site.up()).toBe(site.url);
    // "" while it is not there.
    const read = (path: string) =>
      send(site.url, path)
        .then((answer) => answer.text())
        .catch(() => "");
    const style = async () => {
      const path = /\/static\/app-[^"]+\.css/.exec(await read("/login"))?.[0];
      return path ? await read(path) : "";
    };
    expect(await style()).not.toContain("--changed-by-a-spec");
    appendFileSync(join(copy.path, "static/styles/base.css"), "\n:root { --changed-by-a-spec: 1 }\n");
    while (!(await style()).includes("--changed-by-a-spec"));

    const view = join(copy.path, "views/accounts/sign-in.tsx");
    const source = readFileSync(view, "utf8");
    const titled = (title: string) => source.replace('title="Sign in"', `title="${title}"`);
    writeFileSync(view, titled("Changed by a spec"));
    while (!(await read("/login")).includes("Changed by a spec"));
    writeFileSync(view, `${source}\nexport const = {`);
    while ((await read("/login")) !== "");
    writeFileSync(view, titled("Mended by a spec"));
    while (!(await read("/login")).includes("Mended by a spec"));

    expect((await site.script("clean", "--yes")).code).toBe(0);
    expect([await site.names("volume"), await site.names("network")]).toEqual([[], []]);
  });
});
