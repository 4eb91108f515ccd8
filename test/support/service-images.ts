import { cpSync, writeFileSync } from "node:fs";
import { podman, run } from "./containers.ts";
import { dataFolder } from "./data-folder.ts";

/** Meets what compose.yaml expects of the published image: its user, paths and environment variables. */
const POSTGRES = `FROM docker.io/library/debian:bookworm-slim
RUN groupadd --gid 999 postgres && useradd --uid 999 --gid 999 postgres \\
  && apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql-15 >/dev/null \\
  && mkdir -p /var/lib/postgresql/data && chown postgres:postgres /var/lib/postgresql/data /run/postgresql
ENV PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/data
COPY --chmod=755 start /usr/local/bin/start
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["/usr/local/bin/start"]
`;
const START_POSTGRES = `#!/bin/sh -e
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --auth-host=scram-sha-256 --auth-local=trust
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  pg_ctl -w -o "-c listen_addresses=" start
  createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
  pg_ctl -w -m fast stop
fi
exec postgres -c listen_addresses='*'
`;
const LITESTREAM = `FROM scratch
COPY litestream /usr/local/bin/litestream
ENTRYPOINT ["/usr/local/bin/litestream"]
`;
/** Contains the executable of the version that compose.yaml names. */
const LITESTREAM_PACKAGE = "@flydotio/litestream@1.0.1";

/** @returns the image that POSTGRES_IMAGE names, or an equivalent one, as not every machine reaches a registry */
export async function postgresImage(): Promise<string> {
  if (process.env.POSTGRES_IMAGE) return process.env.POSTGRES_IMAGE;
  return build("localhost/postgres:spec-15", POSTGRES, (folder) => writeFileSync(`${folder}/start`, START_POSTGRES));
}

/** @returns an image with the published one's executable */
export async function litestreamImage(): Promise<string> {
  return build("localhost/litestream:spec-0.3.13", LITESTREAM, async (folder) => {
    writeFileSync(`${folder}/package.json`, "{}");
    const { code, stderr } = await run([process.execPath, "add", "--ignore-scripts", LITESTREAM_PACKAGE], {
      cwd: folder,
    });
    if (code !== 0) throw new Error(stderr);
    const platform = `litestream-linux-${process.arch}`;
    cpSync(`${folder}/node_modules/@flydotio/${platform}/litestream`, `${folder}/litestream`);
  });
}

/** Builds an image, unless there is one by this name. */
async function build(name: string, containerfile: string, prepare: (folder: string) => void | Promise<void>) {
  if ((await run(["podman", "image", "exists", name])).code === 0) return name;
  using folder = dataFolder();
  writeFileSync(folder.file("Containerfile"), containerfile);
  await prepare(folder.path);
  await podman("build", "--quiet", `--tag=${name}`, "--ignorefile=/dev/null", folder.path);
  return name;
}
