import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { existsSync } from "node:fs";
import { startBalancer } from "../support/balancer.ts";
import { send, signUp } from "../support/client.ts";
import { type Container, noEngine, podman, run, runOnce, startContainer, volume } from "../support/containers.ts";
import { expectNothingLost, startLoad } from "../support/load.ts";
import { postgresFolder, startPostgres } from "../support/postgres.ts";

setDefaultTimeout(600_000);

/** Runs the command of the health check, without its timeout. */
const isHealthy = async (name: string) =>
  (await run(["podman", "exec", name, "/usr/bin/taskflow", "health"])).code === 0;

describe.skipIf(noEngine)("a container with a read-only root and no capability", () => {
  it("serves, and keeps its data when it is removed and created again", async () => {
    await using data = await volume();
    const before = await startContainer({ volume: data.name });
    const person = await signUp(before.url);
    await person.send("/api/tasks", { json: { title: "Still here" } });
    expect(await before.stop()).toBe(0);
    await before[Symbol.asyncDispose]();

    await using after = await startContainer({ volume: data.name });
    const list = await send(after.url, "/api/tasks", { headers: { authorization: `Bearer ${person.token}` } });
    expect(await list.json()).toMatchObject({ items: [{ title: "Still here" }] });
  });

  it("contains its pages, their static files and the API documentation", async () => {
    await using data = await volume();
    await using container = await startContainer({ volume: data.name });
    const page = await (await send(container.url, "/login")).text();
    const files = [...page.matchAll(/(?:href|src)="(\/static\/[^"#]+)/g)].map(([, path = ""]) => path);
    expect(files.length).toBeGreaterThan(2);
    for (const path of [...files, "/docs"]) expect((await send(container.url, path)).status).toBe(200);
  });

  it.skipIf(!existsSync("/proc/net/if_inet6"))("listens on every address, IPv6 and IPv4", async () => {
    await using data = await volume();
    await using container = await startContainer({ volume: data.name });
    const pid = await podman("inspect", "--format={{.State.Pid}}", container.name);
    // The address and port in hexadecimal. A socket for every IPv6 address accepts IPv4, too.
    expect(await Bun.file(`/proc/${pid}/net/tcp6`).text()).toContain(`: ${"0".repeat(32)}:1F40 `);
    expect((await send(container.url, "/healthz")).status).toBe(200);
  });

  it("is healthy while it serves, and unhealthy once it shuts down", async () => {
    await using data = await volume();
    await using container = await startContainer({ volume: data.name, env: { SHUTDOWN_DELAY: "60" } });
    expect(await isHealthy(container.name)).toBe(true);
    await podman("kill", "--signal=TERM", container.name);
    while ((await send(container.url, "/readyz")).status === 200);
    expect(await isHealthy(container.name)).toBe(false);
    expect((await send(container.url, "/healthz")).status).toBe(200);
  });

  it("exits with 0 on SIGTERM with several workers, and no accepted request fails", async () => {
    await using data = await volume();
    const command = ["serve", "--workers", "2"];
    await using container = await startContainer({ volume: data.name, command, env: { SHUTDOWN_DELAY: "1" } });
    const person = await signUp(container.url);
    const load = startLoad([container.url], person, { clients: 16 });
    await load.waitForMore(200);
    expect(await container.stop()).toBe(0);
    await load.end();
    expect([...load.statuses.keys()].sort()).toEqual([200, 201]);
    await using after = await startContainer({ volume: data.name });
    await expectNothingLost(after.url, person, [load]);
  });

  it("passes the contract", async () => {
    await using data = await volume();
    await using container = await startContainer({ volume: data.name });
    const env = { TASKFLOW_URL: container.url };
    const { code, stderr } = await run([process.execPath, "test", "--only-failures", "test/contract"], { env });
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/\n\s*\d\d+ pass\n/);
  });
});

describe.skipIf(noEngine || process.getuid?.() !== 0)("a volume that the program can't write to", () => {
  it.each([
    ["owned by another user", "0:0", "755"],
    ["owned by another user and closed", "1234:1234", "700"],
  ])("%s: the error names both users and the command that fixes it", async (_, owner, mode) => {
    await using data = await volume();
    // An engine gives a new volume to the image's user, so it has to be used once before.
    await runOnce([`${data.name}:/data`], "--version");
    await run(["chown", "-R", owner, data.path]);
    await run(["chmod", mode, data.path]);
    for (const command of ["serve", "doctor"]) {
      const { code, stdout, stderr } = await runOnce([`${data.name}:/data`], command);
      expect(code).toBe(1);
      const [other] = owner.split(":");
      const fix = `uid 1000 can't write /data.*uid ${other}; run: chown -R 1000:1000 /data`;
      expect(stdout + stderr).toMatch(new RegExp(fix));
      expect(stdout + stderr).not.toMatch(/\bat \S+:\d+|Error:/);
    }
    await run(["chown", "-R", "1000:1000", data.path]);
    await run(["chmod", "700", data.path]);
    await using container = await startContainer({ volume: data.name });
    expect((await send(container.url, "/readyz")).status).toBe(200);
  });
});

/** Long enough for the balancer to notice that a container shuts down. */
const SHUTDOWN_DELAY = "2";

/** Replaces two containers one after the other under load, and expects that no client notices. */
async function rollOver(start: (index: number) => Promise<Container>) {
  await using stack = new AsyncDisposableStack();
  using balancer = startBalancer();
  const begin = async (index: number) => {
    const container = stack.use(await start(index));
    balancer.add(container.url);
    return container;
  };
  const old = [await begin(0), await begin(1)];
  const person = await signUp(balancer.url);
  const load = startLoad([balancer.url], person, { clients: 16 });
  await load.waitForMore(100);
  for (const [index, container] of old.entries()) {
    await begin(index);
    const stopped = container.stop();
    await balancer.left(container.url);
    expect(await stopped).toBe(0);
    balancer.remove(container.url);
    await load.waitForMore(100);
  }
  await load.end();
  expect([...load.statuses.keys()].toSorted()).toEqual([200, 201]);
  expect(load.added.size).toBe(load.attempted.size);
  await expectNothingLost(balancer.url, person, [load]);
}

describe.skipIf(noEngine)("a rolling update", () => {
  it("of two containers on one volume fails no request and loses no write", async () => {
    await using data = await volume();
    await rollOver(() => startContainer({ volume: data.name, env: { SHUTDOWN_DELAY } }));
  });

  it.skipIf(!postgresFolder() && !process.env.CI)(
    "of two containers on separate networks with PostgreSQL fails no request and loses no write",
    async () => {
      await using stack = new AsyncDisposableStack();
      const server = await startPostgres("0.0.0.0");
      stack.defer(() => server.stop());
      const url = new URL(await server.database("rolling"));
      const networks: string[] = [];
      for (const index of [0, 1]) {
        const name = `taskflow-spec-${crypto.randomUUID().slice(0, 8)}-${index}`;
        await podman("network", "create", name);
        stack.defer(async () => void (await run(["podman", "network", "rm", "--force", name])));
        networks.push(name);
      }
      await rollOver(async (index) => {
        const network = networks[index] ?? "";
        url.hostname = await gatewayOf(network);
        return startContainer({ network, env: { SHUTDOWN_DELAY, DATABASE_URL: url.href } });
      });
    },
  );
});

/** @returns the address by which the containers of a network reach this machine */
async function gatewayOf(network: string): Promise<string> {
  const [, gateway = ""] = /"gateway":\s*"([\d.]+)"/.exec(await podman("network", "inspect", network)) ?? [];
  return gateway;
}
