import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { appendFileSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../support/checkout.ts";
import { send, signUp } from "../support/client.ts";
import { noEngine, podman, ROOT, run } from "../support/containers.ts";
import { dataFolder } from "../support/data-folder.ts";

setDefaultTimeout(300_000);

/** A free port of this machine. */
function freePort(): number {
  using server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  return server.port;
}

/** A stack of its own, with secrets of its own, gone when the spec is over. */
function stack(stage: "prod" | "dev", cwd = ROOT) {
  const folder = dataFolder();
  const project = `spec-${crypto.randomUUID().slice(0, 8)}`;
  const env = {
    COMPOSE_PROJECT_NAME: project,
    PORT: String(freePort()),
    TASKFLOW_SECRETS: folder.file("secrets"),
    TASKFLOW_ENGINE: "podman",
  };
  const script = (name: string, ...words: string[]) =>
    run([process.execPath, `scripts/${name}.ts`, stage, ...words], { env, cwd });
  return {
    project,
    script,
    secrets: folder.file("secrets"),
    url: `http://localhost:${env.PORT}`,
    /** @throws Error with the script's words when it fails */
    async up(...words: string[]) {
      const { code, stdout, stderr } = await script("up", ...words);
      if (code !== 0) throw new Error(`up ended with ${code}: ${stderr}${stdout}`);
      return stdout.trim().split("\n").at(-1);
    },
    containers: () =>
      podman(
        "ps",
        "--no-trunc",
        "--filter",
        `label=com.docker.compose.project=${project}`,
        "--format={{.ID}} {{.Names}}",
      ),
    async [Symbol.asyncDispose]() {
      await script("down");
      for (const kind of ["volume", "network"]) {
        const names = await podman(kind, "ls", "--quiet", "--filter", `label=com.docker.compose.project=${project}`);
        for (const name of names.split("\n").filter(Boolean)) await podman(kind, "rm", "--force", name);
      }
      folder[Symbol.dispose]();
    },
  };
}

// One after the other: networks that are made at the same time may be given one range of addresses.
describe.serial.skipIf(noEngine)("bun scripts/up.ts prod", () => {
  it("gives a healthy app and changes nothing the second time; the data survives down and up", async () => {
    await using site = stack("prod");
    expect(await site.up()).toBe(site.url);
    const app = `${site.project}-app`;
    expect(await podman("ps", "--filter", `name=${app}`, "--format={{.Status}}")).toContain("healthy");
    const secrets = () =>
      ["jwt-secret", "postgres-password"].map((name) => readFileSync(join(site.secrets, name), "utf8"));
    const [containers, made] = [await site.containers(), secrets()];
    expect(containers.split("\n")).toHaveLength(2);

    const person = await signUp(site.url);
    await person.send("/api/tasks", { json: { title: "Still here" } });
    expect(await site.up()).toBe(site.url);
    expect(await site.containers()).toBe(containers);

    expect((await site.script("down")).code).toBe(0);
    expect(await site.containers()).toBe("");
    expect(await site.up()).toBe(site.url);
    expect(secrets()).toEqual(made);
    const list = await send(site.url, "/api/tasks", { headers: { authorization: `Bearer ${person.token}` } });
    expect(await list.json()).toMatchObject({ items: [{ title: "Still here" }] });
  });

  it("locks both services up, and keeps the backups' away from the world", async () => {
    await using site = stack("prod");
    await site.up();
    const networks: string[][] = [];
    for (const service of ["app", "backup"]) {
      const [container] = JSON.parse(await podman("inspect", `${site.project}-${service}`));
      expect(container.HostConfig).toMatchObject({
        ReadonlyRootfs: true,
        RestartPolicy: { Name: "unless-stopped" },
        SecurityOpt: ["no-new-privileges"],
      });
      expect(container.EffectiveCaps ?? []).toEqual([]);
      expect(container.HostConfig.Memory).toBe(512 * 1024 * 1024);
      expect(container.HostConfig.NanoCpus).toBeGreaterThan(0);
      expect(container.HostConfig.PidsLimit).toBeLessThanOrEqual(256);
      expect(container.HostConfig.LogConfig).toMatchObject({ Type: "json-file", Size: "10MB" });
      expect(container.Mounts.map((mount: { Destination: string }) => mount.Destination)).toEqual(
        expect.arrayContaining(["/data", "/backups"]),
      );
      networks.push(Object.keys(container.NetworkSettings.Networks).sort());
    }
    const [front, back] = [`${site.project}_front`, `${site.project}_back`];
    expect(networks).toEqual([[front], [back]]);
    const [inner] = JSON.parse(await podman("network", "inspect", back));
    expect(inner.internal).toBe(true);
  });

  it("shows its secrets to nobody: in no output, in no container's settings, in a folder of their own", async () => {
    await using site = stack("prod");
    const { stdout, stderr } = await site.script("up");
    const secret = readFileSync(join(site.secrets, "jwt-secret"), "utf8");
    expect(secret.length).toBeGreaterThanOrEqual(64);
    expect(statSync(site.secrets).mode & 0o777).toBe(0o700);
    const names = [`${site.project}-app`, `${site.project}-backup`];
    expect(stdout + stderr + (await podman("inspect", ...names))).not.toContain(secret);
  });

  it("has a proven backup at once, and its service is healthy for it", async () => {
    await using site = stack("prod");
    await site.up();
    const backup = `${site.project}-backup`;
    while (!(await run(["podman", "logs", backup])).stdout.includes("backup proven"));
    expect((await run(["podman", "healthcheck", "run", backup])).code).toBe(0);
  });

  it("says what went wrong, with the log's last lines, when the app does not stay up", async () => {
    await using site = stack("prod");
    const wrong = await run([process.execPath, "scripts/up.ts", "prod"], {
      env: {
        COMPOSE_PROJECT_NAME: site.project,
        PORT: new URL(site.url).port,
        TASKFLOW_SECRETS: site.secrets,
        TRUST_PROXY: "many",
      },
    });
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/TRUST_PROXY must be[\s\S]*taskflow-app does not stay up/);
  });
});

describe.serial.skipIf(noEngine)("bun scripts/up.ts dev", () => {
  it("serves the source of the checkout, and what is changed in it", async () => {
    using copy = await checkout();
    await using site = stack("dev", copy.path);
    expect(await site.up()).toBe(site.url);
    const style = async () => {
      const page = await (await send(site.url, "/login")).text().catch(() => "");
      const path = /\/static\/app-[^"]+\.css/.exec(page)?.[0];
      return path ? await (await send(site.url, path)).text() : "";
    };
    expect(await style()).not.toContain("--changed-by-a-spec");
    appendFileSync(join(copy.path, "static/styles/base.css"), "\n:root { --changed-by-a-spec: 1 }\n");
    while (!(await style().catch(() => "")).includes("--changed-by-a-spec"));
  });
});
