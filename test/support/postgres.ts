import { appendFileSync, chmodSync, chownSync, readdirSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { SQL } from "bun";
import { $, which } from "zx";
import { killAtEnd, temporaryFolder } from "../../scripts/lib/leftovers.ts";
import { freePort } from "./free-port.ts";

const USER = "postgres";
const HOW = "install PostgreSQL 14 or later (Debian: apt-get install postgresql; macOS: brew install postgresql)";

export interface Postgres {
  readonly version: string;
  /** Creates a database. @returns its URL, which contains the password */
  database(name: string, template?: string): Promise<string>;
  /** Stops the server and disconnects its clients; the data stays. */
  halt(): Promise<void>;
  /** Suspends the server and its backends, or continues them. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Starts the server again, at the same address. */
  resume(): Promise<void>;
  /** Starts a replica on the same machine. @returns what makes it fall behind */
  replica(): Promise<{ pause(): Promise<void> } & AsyncDisposable>;
  stop(): Promise<void>;
}

/** Returns the folder with initdb and postgres, or undefined. On Debian it is not on PATH. */
export function postgresFolder(): string | undefined {
  const onPath = which.sync("initdb", { nothrow: true });
  if (onPath) return dirname(realpathSync(onPath));
  const debian = "/usr/lib/postgresql";
  try {
    const [newest] = readdirSync(debian).sort((one, other) => Number(other) - Number(one));
    return newest && join(debian, newest, "bin");
  } catch {
    return undefined;
  }
}

/**
 * Starts a PostgreSQL server in a temporary folder, with fsync on.
 * @param listen the loopback address, or every address so that containers reach it
 * @throws Error that says what is missing and how to get it
 */
export async function startPostgres(listen: "127.0.0.1" | "0.0.0.0" = "127.0.0.1"): Promise<Postgres> {
  const bin = postgresFolder();
  if (!bin) throw new Error(`no PostgreSQL: ${HOW}`);
  const folder = temporaryFolder(tmpdir());
  const asUser = await unprivileged(folder);
  const password = crypto.randomUUID();
  const passwordFile = join(folder, "password");
  await Bun.write(passwordFile, password, { mode: 0o644 });

  const data = join(folder, "data");
  const quiet = $({ quiet: true, cwd: folder });
  await quiet`${[...asUser, `${bin}/initdb`]} -D ${data} -U ${USER} --auth=scram-sha-256 --pwfile=${passwordFile} -E UTF8 --locale=C`;
  if (listen !== "127.0.0.1") appendFileSync(join(data, "pg_hba.conf"), "host all all all scram-sha-256\n");
  const port = freePort();
  const options = ["-p", `${port}`, "-k", folder, "-c", `listen_addresses=${listen}`, "-c", "fsync=on"];
  const start = (files = data, more: string[] = []) =>
    killAtEnd(
      Bun.spawn([...asUser, `${bin}/postgres`, "-D", files, ...options, ...more], {
        cwd: folder,
        detached: true,
        stdio: ["ignore", "ignore", Bun.file(join(folder, "log"))],
      }),
    );
  let server = start();
  const address = (name: string) => `postgres://${USER}:${password}@127.0.0.1:${port}/${name}`;
  const admin = new SQL(address("postgres"), { max: 1 });
  const version = await untilUp(admin, server);

  function signal(name: "SIGSTOP" | "SIGCONT") {
    server.kill(name); // first, so that it forks no more backends
    Bun.spawnSync(["pkill", `-${name.slice("SIG".length)}`, "-P", `${server.pid}`]);
  }

  return {
    version,
    async database(name, template = "template1") {
      await admin.unsafe(`create database "${name}" template "${template}"`);
      return address(name);
    },
    async halt() {
      server.kill("SIGINT"); // fast shutdown
      await server.exited;
    },
    signal,
    async resume() {
      server = start();
      await untilUp(admin, server);
    },
    async replica() {
      const files = join(folder, "replica");
      const source = address("postgres");
      await quiet`${[...asUser, `${bin}/pg_basebackup`]} -D ${files} -R --checkpoint=fast -d ${source}`;
      const replicaPort = freePort();
      const process = start(files, ["-p", `${replicaPort}`]);
      const sql = new SQL(source.replace(`:${port}/`, `:${replicaPort}/`), { max: 1 });
      await untilUp(sql, process);
      return {
        async pause() {
          await sql`select pg_wal_replay_pause()`;
        },
        async [Symbol.asyncDispose]() {
          await sql.close();
          process.kill("SIGQUIT");
          await process.exited;
        },
      };
    },
    async stop() {
      signal("SIGCONT"); // a suspended process ignores SIGQUIT
      await admin.close();
      server.kill("SIGQUIT");
      await server.exited;
    },
  };
}

/** PostgreSQL refuses to run as root. @returns the command prefix that runs it as user postgres */
async function unprivileged(folder: string): Promise<string[]> {
  if (process.getuid?.() !== 0) return [];
  const [user, group] = await Promise.all(
    ["-u", "-g"].map(async (flag) => Number(await $({ quiet: true, nothrow: true })`id ${flag} ${USER}`)),
  );
  if (!user || !group) throw new Error(`PostgreSQL refuses to run as root, and there is no user ${USER}: ${HOW}`);
  if (!which.sync("setpriv", { nothrow: true })) throw new Error("no setpriv: install util-linux, or don't be root");
  chownSync(folder, user, group);
  chmodSync(folder, 0o700);
  return ["setpriv", `--reuid=${user}`, `--regid=${group}`, "--clear-groups"];
}

async function untilUp(admin: SQL, server: Bun.Subprocess): Promise<string> {
  for (let attempt = 0; attempt < 200 && server.exitCode === null; attempt++) {
    try {
      const [row] = await admin`show server_version`;
      return String(row.server_version).split(" ")[0] ?? "";
    } catch {
      await Bun.sleep(50);
    }
  }
  throw new Error("PostgreSQL did not start");
}
