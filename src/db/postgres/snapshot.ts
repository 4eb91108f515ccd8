import { SQL } from "bun";
import { CommandError } from "../../errors.ts";
import type { DatabasePlace } from "../database.ts";
import { openSqlite } from "../sqlite/database.ts";
import { copyInstance } from "../transfer/copy.ts";
import { assertComplete } from "../transfer/mark.ts";
import { APPLICATION, openPostgres } from "./database.ts";

type Server = Extract<DatabasePlace, { engine: "postgres" }>;

/**
 * Copies a consistent state of a server's database into a new SQLite file and compares them row by row. So both engines
 * have the same kind of backup, which needs no PostgreSQL tools and can be restored into either.
 * @throws CommandError
 */
export async function snapshotPostgres({ url, directUrl }: Server, to: string): Promise<void> {
  const source = await openPostgres(url, directUrl, { patient: true });
  try {
    const copy = await openSqlite(to);
    try {
      await source.readSnapshot(async (snapshot) => {
        await assertComplete(snapshot);
        await copyInstance(snapshot, copy, { progress: () => {} });
      });
    } finally {
      await copy.close();
    }
  } finally {
    await source.close();
  }
}

/**
 * Replaces the contents of a server's database with those of a SQLite file. No process serves the database until it is
 * complete; after a crash, call it again.
 * @param skip how many change ids to leave out
 * @throws CommandError
 */
export async function replacePostgres({ url, directUrl }: Server, fresh: string, skip: number): Promise<void> {
  const copy = await openSqlite(fresh);
  try {
    const target = await openPostgres(url, directUrl, { patient: true });
    try {
      await copyInstance(copy, target, { replace: true, skip, progress: () => {} });
    } finally {
      await target.close();
    }
  } finally {
    await copy.close();
  }
}

/** Checks that no TaskFlow process is connected. @throws CommandError otherwise */
export async function assertUnused({ directUrl }: Server): Promise<void> {
  const { host, pathname } = new URL(directUrl);
  await using server = new SQL({ url: directUrl, adapter: "postgres", max: 1, connectionTimeout: 5 });
  const users = await server`
    select pid from pg_stat_activity where datname = current_database() and application_name = ${APPLICATION}`.catch(
    () => [],
  );
  if (users.length > 0)
    throw new CommandError(
      `TaskFlow is using the database ${pathname.slice(1)} on ${host}; stop every process that does, then run the command again. Nothing was changed`,
    );
}

/** Returns whether a copy or restore into a database was interrupted. */
export async function hasUnfinishedCopy({ url }: Server): Promise<boolean> {
  await using server = new SQL({ url, adapter: "postgres", max: 1, connectionTimeout: 5, prepare: false });
  const rows = await server`select 1 from copy_progress limit 1`.catch(() => []); // before the first start there is no such table
  return rows.length > 0;
}
