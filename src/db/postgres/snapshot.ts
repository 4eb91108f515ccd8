import { SQL } from "bun";
import { CommandError } from "../../errors.ts";
import type { DatabasePlace } from "../database.ts";
import { openSqlite } from "../sqlite/database.ts";
import { assertComplete, copyInstance } from "../transfer/copy.ts";
import { APPLICATION, openPostgres } from "./database.ts";

type Server = Extract<DatabasePlace, { engine: "postgres" }>;

/**
 * Copies everything, as it is at one moment, into a new SQLite file, and compares both row by row: one kind of backup
 * for both engines, which needs no program of PostgreSQL's and can be restored into either.
 * @throws CommandError
 */
export async function snapshotPostgres({ url, directUrl }: Server, to: string): Promise<void> {
  const source = await openPostgres(url, directUrl, { patient: true });
  try {
    const copy = openSqlite(to);
    try {
      await source.atOneMoment(async (moment) => {
        await assertComplete(moment);
        await copyInstance(moment, copy, { progress: () => {} });
      });
    } finally {
      await copy.close();
    }
  } finally {
    await source.close();
  }
}

/**
 * Puts what a SQLite file holds in the place of what a PostgreSQL does. Until it is whole nobody serves it; after a
 * crash the same call does it anew.
 * @throws CommandError
 */
export async function replacePostgres({ url, directUrl }: Server, fresh: string, ahead: number): Promise<void> {
  const copy = openSqlite(fresh);
  try {
    const target = await openPostgres(url, directUrl, { patient: true });
    try {
      await copyInstance(copy, target, { replace: true, ahead, progress: () => {} });
    } finally {
      await target.close();
    }
  } finally {
    await copy.close();
  }
}

/** @throws CommandError while a process of TaskFlow is connected */
export async function assertUnused({ directUrl }: Server): Promise<void> {
  const { host, pathname } = new URL(directUrl);
  await using server = new SQL({ url: directUrl, adapter: "postgres", max: 1, connectionTimeout: 5 });
  const users = await server`
    select pid from pg_stat_activity where datname = current_database() and application_name = ${APPLICATION}`.catch(
    () => [],
  );
  if (users.length > 0)
    throw new CommandError(
      `TaskFlow is using the database ${pathname.slice(1)} of ${host}; stop every process that does, then run the same command again. Nothing was changed`,
    );
}

/** Whether a copy or a restore into it has begun and not come to its end. */
export async function isHalf({ url }: Server): Promise<boolean> {
  await using server = new SQL({ url, adapter: "postgres", max: 1, connectionTimeout: 5, prepare: false });
  const marks = await server`select 1 from copy_progress limit 1`.catch(() => []); // before the first start: no table
  return marks.length > 0;
}
