import { beforeAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { postgresFolder, startPostgres } from "../../scripts/lib/postgres.ts";
import { startBalancer } from "../support/balancer.ts";
import { signUp } from "../support/client.ts";
import { type Container, image, noEngine, podman, run, startContainer, volume } from "../support/containers.ts";
import { expectKept, startStorm } from "../support/storm.ts";

setDefaultTimeout(300_000);

let reference: string;
beforeAll(async () => {
  if (!noEngine) reference = await image();
});

/** Long enough for the balancer to see that one goes. */
const SHUTDOWN_DELAY = "2";

/** Replaces two containers by new ones, one after the other, under load, and holds that nobody noticed. */
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
  const storm = startStorm([balancer.url], person, { clients: 16 });
  await storm.more(100);
  for (const [index, container] of old.entries()) {
    await begin(index);
    const stopped = container.stop();
    await balancer.left(container.url);
    expect(await stopped).toBe(0);
    balancer.remove(container.url);
    await storm.more(100);
  }
  await storm.end();
  expect([...storm.statuses.keys()].toSorted()).toEqual([200, 201]);
  expect(storm.added.size).toBe(storm.attempted.size);
  await expectKept(balancer.url, person, [storm]);
}

describe.serial.skipIf(noEngine)("a rolling update", () => {
  it("of two containers on one volume fails no request and loses no write", async () => {
    await using data = await volume();
    await rollOver(() => startContainer({ image: reference, volume: data.name, env: { SHUTDOWN_DELAY } }));
  });

  it.skipIf(!postgresFolder() && !process.env.CI)(
    "of two containers on networks of their own, with PostgreSQL, fails no request and loses no write",
    async () => {
      const server = await startPostgres("0.0.0.0");
      await using stack = new AsyncDisposableStack();
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
        return startContainer({ image: reference, network, env: { SHUTDOWN_DELAY, DATABASE_URL: url.href } });
      });
    },
  );
});

/** @returns the address by which a network's containers reach this machine */
async function gatewayOf(network: string): Promise<string> {
  const [, gateway = ""] = /"gateway":\s*"([\d.]+)"/.exec(await podman("network", "inspect", network)) ?? [];
  return gateway;
}
