import { Database as Sqlite } from "bun:sqlite";
import { SQL } from "bun";
import type { DatabasePlace } from "./database.ts";
import { readMigrations } from "./migrations.ts";
import { pendingMigrations as pendingOnServer } from "./postgres/migrate.ts";
import { pendingMigrations } from "./sqlite/migrate.ts";

/** What an operator wants to know of a database, apart from what is in it. */
export interface Examination {
  /** Of SQLite, or of the server. */
  readonly version: string;
  readonly migrations: { readonly applied: number; readonly pending: number };
  /** Returns the engine's plan of a statement with placeholders. */
  planOf(statement: string): Promise<string>;
}

/** Examines a database, also while it is in use. Only reads. @throws what the work and the engine throw */
export const examine = <Result>(
  place: DatabasePlace,
  work: (examination: Examination) => Promise<Result>,
): Promise<Result> => (place.engine === "sqlite" ? examineFile(place.file, work) : examineServer(place.url, work));

const migrationsOf = (engine: DatabasePlace["engine"], pending: number) => ({
  applied: readMigrations(engine).length - pending,
  pending,
});

async function examineFile<Result>(file: string, work: (examination: Examination) => Promise<Result>) {
  using database = new Sqlite(file, { readwrite: true, create: false });
  database.run("PRAGMA busy_timeout = 10000");
  database.run("PRAGMA query_only = ON");
  return await work({
    version: database.query<{ version: string }, []>("SELECT sqlite_version() AS version").get()?.version ?? "",
    migrations: migrationsOf("sqlite", pendingMigrations(file, database).length),
    async planOf(statement) {
      const nulls = Array<null>(statement.split("?").length - 1).fill(null);
      const steps = database.query<{ detail: string }, null[]>(`EXPLAIN QUERY PLAN ${statement}`).all(...nulls);
      return steps.map(({ detail }) => detail).join("\n");
    },
  });
}

async function examineServer<Result>(url: string, work: (examination: Examination) => Promise<Result>) {
  await using sql = new SQL({ url, adapter: "postgres", max: 1, connectionTimeout: 5, prepare: false });
  const [row] = await sql`select current_setting('server_version') as version`;
  return await work({
    version: row.version,
    migrations: migrationsOf("postgres", (await pendingOnServer(sql)).length),
    planOf: (statement) => serverPlan(sql, statement),
  });
}

/** A plan for any values, so that it contains none. */
async function serverPlan(sql: SQL, statement: string): Promise<string> {
  const count = Math.max(0, ...[...statement.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
  const nulls = count > 0 ? `(${Array<string>(count).fill("null").join()})` : "";
  return await sql.begin("read only", async (tx) => {
    await tx`set local plan_cache_mode = force_generic_plan`;
    await tx.unsafe(`prepare examined as ${statement}`);
    const rows: Record<string, string>[] = await tx.unsafe(`explain execute examined${nulls}`);
    await tx.unsafe("deallocate examined");
    return rows.map((line) => line["QUERY PLAN"]).join("\n");
  });
}
