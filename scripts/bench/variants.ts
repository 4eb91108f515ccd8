import { join } from "node:path";
import type { Postgres } from "../lib/postgres.ts";
import { copyTable, type Dataset, FILE, makeOrdinary, type Table } from "./dataset.ts";
import { copyToPostgres } from "./postgres-dataset.ts";
import { type Command, startServer } from "./server.ts";

const ROOT = join(import.meta.dir, "..", "..");

export const NAMES = ["floor", "taskflow", "workers", "postgres", "peer"] as const;
export type Name = (typeof NAMES)[number];

export const LABELS: Record<Name, string> = {
  floor: "bare Bun + SQLite",
  taskflow: "TaskFlow",
  workers: "TaskFlow, 2 workers",
  postgres: "TaskFlow on PostgreSQL",
  peer: "Fastify on Node",
};

export interface Variant {
  readonly name: Name;
  /**
   * @returns what serves this table, with data of its own, made when first asked for
   * @throws NotStarted
   */
  command(table: Table): Promise<Command>;
}

interface Parts {
  readonly run: string;
  readonly secret: string;
  readonly dataset: Dataset;
  /** Path of the file described in surroundings.ts. */
  readonly surroundings: string;
  readonly pin: readonly string[];
  readonly postgres: Postgres | undefined;
  /** The peer's program, unless it can't run here. */
  readonly peer: string | undefined;
}

/** TaskFlow as it runs in production, apart from the request log, which none of the others writes. */
export function taskflow(
  dataDir: string,
  secret: string,
  pin: readonly string[],
  { words = [], url }: { words?: string[]; url?: string } = {},
): Command {
  return {
    command: [...pin, process.execPath, "src/index.ts", ...words],
    environment: {
      NODE_ENV: "production",
      LOG_LEVEL: "error",
      JWT_SECRET: secret,
      DATA_DIR: dataDir,
      ...(url && { DATABASE_URL: url }),
    },
    cwd: ROOT,
  };
}

/** @returns every variant that the machine has the parts for, in the order of the table */
export function variantsOf({ run, secret, dataset, surroundings, pin, postgres, peer }: Parts): Variant[] {
  function variant(name: Name, make: (table: Table) => Command | Promise<Command>): Variant {
    const made = new Map<Table, Promise<Command>>();
    return {
      name,
      command(table) {
        const command = made.get(table) ?? Promise.resolve(make(table));
        made.set(table, command);
        return command;
      },
    };
  }
  const own = (table: Table, name: Name) => copyTable(dataset.folder(table), join(run, `${table}-${name}`));
  const script = (name: Name, ...command: string[]) =>
    variant(name, (table) => {
      const folder = own(table, name);
      makeOrdinary(folder);
      return {
        command: [...pin, ...command],
        environment: { DATA_DIR: folder, SURROUNDINGS: surroundings, NODE_ENV: "production" },
        cwd: ROOT,
      };
    });

  async function onPostgres(table: Table): Promise<Command> {
    const url = await postgres?.database(`${table}_tasks`);
    const command = taskflow(join(run, "postgres"), secret, pin, { url });
    await (await startServer(command, "/healthz", {})).stop(); // makes the tables
    await copyToPostgres(join(dataset.folder(table), FILE), url ?? "");
    return command;
  }

  return [
    script("floor", process.execPath, join(import.meta.dir, "floor.ts")),
    variant("taskflow", (table) => taskflow(own(table, "taskflow"), secret, pin)),
    // Not kept to one core, where a second worker could only get in the first one's way.
    variant("workers", (table) => taskflow(own(table, "workers"), secret, [], { words: ["serve", "--workers", "2"] })),
    ...(postgres ? [variant("postgres", onPostgres)] : []),
    ...(peer ? [script("peer", "node", peer)] : []),
  ];
}
