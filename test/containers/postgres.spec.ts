import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { writeFileSync } from "node:fs";
import { send, signUp } from "../support/client.ts";
import { noEngine, podman, run } from "../support/containers.ts";
import { dataFolder } from "../support/data-folder.ts";
import { stack } from "../support/stack.ts";
import { createTask } from "../support/tasks.ts";

setDefaultTimeout(300_000);

/** Does what we ask of the published image: its user, its places, its environment. */
const CONTAINERFILE = `FROM docker.io/library/debian:bookworm-slim
RUN groupadd --gid 999 postgres && useradd --uid 999 --gid 999 postgres \\
  && apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql-15 >/dev/null \\
  && mkdir -p /var/lib/postgresql/data && chown postgres:postgres /var/lib/postgresql/data /run/postgresql
ENV PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/data
COPY --chmod=755 start /usr/local/bin/start
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["/usr/local/bin/start"]
`;
const START = `#!/bin/sh -e
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --auth-host=scram-sha-256 --auth-local=trust
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  pg_ctl -w -o "-c listen_addresses=" start
  createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
  pg_ctl -w -m fast stop
fi
exec postgres -c listen_addresses='*'
`;

/** @returns the image that POSTGRES_IMAGE names, or a look-alike, as no registry can be asked for in every place */
async function postgresImage(): Promise<string> {
  if (process.env.POSTGRES_IMAGE) return process.env.POSTGRES_IMAGE;
  const name = "localhost/postgres:spec-15";
  if ((await run(["podman", "image", "exists", name])).code === 0) return name;
  using folder = dataFolder();
  writeFileSync(folder.file("Containerfile"), CONTAINERFILE);
  writeFileSync(folder.file("start"), START);
  await podman("build", "--quiet", `--tag=${name}`, "--ignorefile=/dev/null", folder.path);
  return name;
}

describe.skipIf(noEngine)("bun scripts/up.ts prod --postgres", () => {
  it("takes along what was on SQLite, goes on without a word, and is back when its volume is lost", async () => {
    await using site = stack("prod", { POSTGRES_IMAGE: await postgresImage() });
    await site.up();
    const person = await signUp(site.url);
    const backUp = () => podman("exec", `${site.project}-backup`, "/usr/bin/taskflow", "backup");
    const titles = async () => {
      const list = await send(site.url, "/api/tasks", { headers: { authorization: `Bearer ${person.token}` } });
      return ((await list.json()) as { items?: { title: string }[] }).items?.map(({ title }) => title);
    };
    await createTask(person, "On SQLite");
    await backUp();

    await site.up("--postgres", "--restore", "latest");
    expect(await titles()).toEqual(["On SQLite"]);
    await createTask(person, "On PostgreSQL");
    const rows = ["psql", "--username=taskflow", "--tuples-only", "--command=select count(*) from tasks"];
    expect((await podman("exec", `${site.project}-postgres`, ...rows)).trim()).toBe("2");
    // In the inner network alone, but for the engine that knows no names there.
    const backend = await podman("info", "--format={{.Host.NetworkBackend}}");
    const [server] = JSON.parse(await podman("inspect", `${site.project}-postgres`));
    const network = `${site.project}_${backend === "cni" ? "front" : "back"}`;
    expect(Object.keys(server.NetworkSettings.Networks)).toEqual([network]);
    await backUp();

    expect((await site.script("down")).code).toBe(0);
    await podman("volume", "rm", `${site.project}_postgres`);
    await site.up("--restore", "latest");
    expect(await site.names("volume")).toContain(`${site.project}_postgres`);
    expect((await titles())?.toSorted()).toEqual(["On PostgreSQL", "On SQLite"]);
  });
});
