import { existsSync } from "node:fs";
import { join } from "node:path";
import { $, which } from "zx";
import type { Dataset } from "./dataset.ts";
import type { Name } from "./report.ts";
import { type Command, type Server, startServer } from "./server.ts";
import { copyDatabase, resizeTasks } from "./sqlite.ts";

/** How many tasks a database has, as in a row's title. */
export type Table = "base" | "large";
/** For each compared server, a function that starts it on its own copy of a table. */
export type Starters = Map<Name, (table: Table) => Promise<Server>>;

/** Of the peer: the newest versions that run on Node 20. */
const dependencies = {
  "@fastify/jwt": "10.2.8",
  "better-sqlite3": "12.11.1",
  fastify: "5.12.8",
};

/** Returns TaskFlow as in production, but without the request log, which the others don't write. */
export const taskflowCommand = (DATA_DIR: string, JWT_SECRET: string): Command => ({
  words: [process.execPath, "src/index.ts"],
  environment: { LOG_LEVEL: "error", JWT_SECRET, DATA_DIR },
});

/**
 * @param run the folder of the data set
 * @param baseSize tasks in the base table
 * @param peer the peer's program, if it can run here
 */
export async function createStarters(run: string, dataset: Dataset, baseSize: number, peer?: string) {
  const { readers, crowd, writer, secret } = dataset;
  const file = join(run, "dataset.json");
  await Bun.write(file, JSON.stringify(dataset));
  const sizes = { base: baseSize, large: 1_000_000 };
  const starters: Starters = new Map();
  function add(name: Name, command: (folder: string) => Command) {
    starters.set(name, (table) => {
      const [source, own] = [join(run, table), join(run, `${table}-${name}`)];
      if (!existsSync(source))
        resizeTasks(copyDatabase(join(run, "seed"), source), readers[0]?.scope ?? "", crowd.scope, sizes[table]);
      if (!existsSync(own)) copyDatabase(source, own, name !== "taskflow");
      return startServer(command(own), "/api/tasks?limit=1", writer.headers);
    });
  }
  const other =
    (...words: string[]) =>
    (DATA_DIR: string) => ({ words, environment: { DATA_DIR, DATASET: file } });
  add("floor", other(process.execPath, join(import.meta.dir, "floor.ts")));
  add("taskflow", (folder) => taskflowCommand(folder, secret));
  if (peer) add("peer", other("node", peer));
  return starters;
}

/**
 * Bundles the peer into the folder of its packages. Installs them if `install` is set.
 * @returns the file to run with Node
 * @throws Error when the peer cannot run
 */
export async function preparePeer(folder: string, install: boolean): Promise<string> {
  if (!which.sync("node", { nothrow: true }) || !which.sync("npm", { nothrow: true }))
    throw new Error("Node.js or npm not found. Install Node.js 20 or later from https://nodejs.org.");
  const manifest = JSON.stringify({ private: true, type: "module", dependencies });
  const installed = Bun.file(join(folder, "installed.json"));
  if ((await installed.text().catch(() => "")) !== manifest) {
    if (!install) throw new Error("Its packages are not installed. Run once without --quick.");
    await Bun.write(join(folder, "package.json"), manifest);
    await $({ cwd: folder, quiet: true })`npm install --no-audit --no-fund --loglevel=error`;
    await Bun.write(installed, manifest);
  }
  const entrypoints = [join(import.meta.dir, "peer.mjs")];
  await Bun.build({ entrypoints, outdir: folder, target: "node", packages: "external" });
  return join(folder, "peer.js");
}
