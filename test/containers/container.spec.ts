import { beforeAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { send, signIn, signUp } from "../support/client.ts";
import { image, noEngine, podman, run, runOnce, startContainer, volume } from "../support/containers.ts";
import { withSqlite } from "../support/data-folder.ts";
import { ADA, oldFolder, tables } from "../support/old-database.ts";
import { expectKept, startStorm } from "../support/storm.ts";

setDefaultTimeout(300_000);

let reference: string;
beforeAll(async () => {
  if (!noEngine) reference = await image();
});

const isHealthy = async (name: string) => (await run(["podman", "healthcheck", "run", name])).code === 0;

/** Makes a volume's folder somebody else's, which takes root. */
const chown = (path: string, owner: string) => run(["chown", "-R", owner, path]);

describe.skipIf(noEngine)("a container with a read-only root and no capability", () => {
  it("serves, and keeps what was written when it is removed and made anew", async () => {
    await using data = await volume();
    const before = await startContainer({ image: reference, volume: data.name });
    const person = await signUp(before.url);
    await person.send("/api/tasks", { json: { title: "Still here" } });
    expect(await before.stop()).toBe(0);
    await before[Symbol.asyncDispose]();

    await using after = await startContainer({ image: reference, volume: data.name });
    const list = await send(after.url, "/api/tasks", { headers: { authorization: `Bearer ${person.token}` } });
    expect(await list.json()).toMatchObject({ items: [{ title: "Still here" }] });
  });

  it("has its pages, their styles and the API's document inside", async () => {
    await using data = await volume();
    await using container = await startContainer({ image: reference, volume: data.name });
    const page = await (await send(container.url, "/login")).text();
    const files = [...page.matchAll(/(?:href|src)="(\/static\/[^"#]+)/g)].map(([, path = ""]) => path);
    expect(files.length).toBeGreaterThan(2);
    for (const path of [...files, "/docs"]) expect((await send(container.url, path)).status).toBe(200);
  });

  it("is healthy while it serves, and is not from the moment it is told to go", async () => {
    await using data = await volume();
    await using container = await startContainer({
      image: reference,
      volume: data.name,
      env: { SHUTDOWN_DELAY: "60" },
    });
    expect(await isHealthy(container.name)).toBe(true);
    await podman("kill", "--signal=TERM", container.name);
    while ((await send(container.url, "/readyz")).status === 200);
    expect(await isHealthy(container.name)).toBe(false);
    expect((await send(container.url, "/healthz")).status).toBe(200);
  });

  it.each([[[]], [["serve", "--workers", "2"]]])(
    "%p ends on SIGTERM with 0, and no accepted request fails",
    async (command) => {
      await using data = await volume();
      const env = { SHUTDOWN_DELAY: "1" };
      await using container = await startContainer({ image: reference, volume: data.name, command, env });
      const person = await signUp(container.url);
      const storm = startStorm([container.url], person, { clients: 32 });
      await storm.more(200);
      expect(await container.stop()).toBe(0);
      await storm.end();
      expect([...storm.statuses.keys()].sort()).toEqual([200, 201]);
      await using after = await startContainer({ image: reference, volume: data.name });
      await expectKept(after.url, person, [storm]);
    },
  );

  it("holds the contract", async () => {
    await using data = await volume();
    await using container = await startContainer({ image: reference, volume: data.name });
    // File by file: what runs beside this spec needs the machine, too.
    const { code, stderr } = await run([process.execPath, "test", "test/contract"], {
      env: { TASKFLOW_URL: container.url },
    });
    expect(stderr.split("\n").filter((line) => line.startsWith("(fail)"))).toEqual([]);
    expect(stderr).toMatch(/\n\s*\d\d+ pass\n/);
    expect(code).toBe(0);
  });
});

describe.skipIf(noEngine || process.getuid?.() !== 0)("a volume that is not the program's to write", () => {
  it.each([
    ["another user's", "0:0", "755"],
    ["another user's, and closed", "1234:1234", "700"],
  ])("%s: it names both users and the command that helps", async (_, owner, mode) => {
    await using data = await volume();
    // Once used, as engines give a new volume to the image's user.
    await (await startContainer({ image: reference, volume: data.name }))[Symbol.asyncDispose]();
    await chown(data.path, owner);
    await run(["chmod", mode, data.path]);
    for (const command of [["serve"], ["doctor"]]) {
      const { code, stdout, stderr } = await run([
        ...[
          "podman",
          "run",
          "--rm",
          `--volume=${data.name}:/data`,
          "--env=JWT_SECRET=a-secret-that-is-long-enough-for-it",
        ],
        ...[reference, ...command],
      ]);
      expect(code).toBe(1);
      const [other] = owner.split(":");
      expect(stdout + stderr).toMatch(
        new RegExp(`uid 1000 can't write /data.*uid ${other}; run: chown -R 1000:1000 /data`),
      );
      expect(stdout + stderr).not.toMatch(/\bat \S+:\d+|Error:/);
    }
    await chown(data.path, "1000:1000");
    await run(["chmod", "700", data.path]);
    await using container = await startContainer({ image: reference, volume: data.name });
    expect((await send(container.url, "/readyz")).status).toBe(200);
  });
});

describe.skipIf(noEngine)("a new version", () => {
  it("starts on the volume that the first image filled, and everything is there", async () => {
    const old = await firstImage();
    await using data = await volume();
    const before = await startContainer({ image: old, volume: data.name });
    const person = await signUp(before.url);
    const storm = startStorm([before.url], person, { clients: 4 });
    await storm.more(50);
    await storm.end();
    expect(await before.stop()).toBe(0);
    await before[Symbol.asyncDispose]();

    await using after = await startContainer({ image: reference, volume: data.name });
    await expectKept(after.url, person, [storm]);
  });

  it("brings a volume of an older schema up to date: everything is there, and a copy of what was lies beside", async () => {
    using old = await oldFolder(2);
    await using data = await volume();
    const filler = await podman("create", `--volume=${data.name}:/data`, reference);
    await podman("cp", old.file("taskflow.db"), `${filler}:/data/taskflow.db`);
    await podman("rm", filler);

    await using container = await startContainer({ image: reference, volume: data.name });
    const authorization = `Bearer ${await signIn(container.url, ADA)}`;
    const titles = async (path: string) => {
      const { items } = (await (await send(container.url, path, { headers: { authorization } })).json()) as {
        items: { title: string }[];
      };
      return items.map(({ title }) => title).toSorted();
    };
    expect(await titles("/api/tasks")).toEqual(["Done", "Open"]);
    expect(await titles("/api/trash")).toEqual(["Deleted"]);
    const [copy = "", ...more] = readdirSync(data.path).filter((name) => name.includes("before-upgrade"));
    expect(more).toEqual([]);
    expect(tables(join(data.path, copy)).sort()).toEqual(tables(old.file("taskflow.db")).sort());
    expect(tables(join(data.path, "taskflow.db"))).toContain("changes");
  });

  it("is not undone by an older one, which names the way back", async () => {
    await using data = await volume();
    await (await startContainer({ image: reference, volume: data.name }))[Symbol.asyncDispose]();
    withSqlite(join(data.path, "taskflow.db"), (database) =>
      database.run("insert into __drizzle_migrations (hash, created_at) values ('of the future', 4102444800000)"),
    );
    const { code, stderr } = await runOnce(reference, [`${data.name}:/data`], "migrate");
    expect(code).toBe(1);
    expect(stderr).toMatch(/newer version.*nothing was changed.*restore/i);
  });
});

/** The image of the first commit that could be made into one. */
async function firstImage(): Promise<string> {
  const history = await run(["git", "log", "--diff-filter=A", "--format=%H", "--", "Containerfile"]);
  const commit = history.stdout.trim().split("\n").at(-1);
  if (!commit) throw new Error("no history here that holds the first Containerfile: clone the whole of it");
  const name = `localhost/taskflow:spec-${commit.slice(0, 12)}`;
  if ((await run(["podman", "image", "exists", name])).code === 0) return name;
  const folder = (await run(["mktemp", "-d"])).stdout.trim();
  try {
    mkdirSync(join(folder, "source"));
    await run(["sh", "-c", `git archive ${commit} | tar --extract --directory ${folder}/source`]);
    cpSync(join(folder, "source", ".containerignore"), join(folder, "ignore"));
    await podman("build", "--format=docker", `--ignorefile=${folder}/ignore`, `--tag=${name}`, `${folder}/source`);
    return name;
  } finally {
    await run(["rm", "-r", folder]);
  }
}
