import { Database as Sqlite } from "bun:sqlite";
import { SQL } from "bun";
import { CommandError } from "../../errors.ts";
import type { DatabasePlace } from "../database.ts";
import { noCreatePrivilege, postgresFailure } from "../postgres/errors.ts";
import { pendingMigrations as pendingOnServer } from "../postgres/migrate.ts";
import { hasUnfinishedCopy } from "../postgres/snapshot.ts";
import { pendingMigrations } from "../sqlite/migrate.ts";
import { assertTaskflowFile, inspectSqlite } from "../sqlite/snapshot.ts";
import { unfinishedCopy } from "./mark.ts";

export interface Inspection {
  readonly summary: string;
  /** The time of the newest change, and of the server's clock, in milliseconds. */
  readonly newest?: number;
  readonly serverTime?: number;
}

const OLDER = "; the next start upgrades it from an older version";

/** Checks a database. Only reads. @throws CommandError if something is wrong with it */
export const inspectPlace = async (place: DatabasePlace): Promise<Inspection> =>
  place.engine === "sqlite" ? inspectFile(place.file) : inspectServer(place);

function inspectFile(file: string): Inspection {
  assertTaskflowFile(file);
  const { rows } = inspectSqlite(file);
  using database = new Sqlite(file, { readwrite: true, create: false });
  const [newest] =
    rows.changes === undefined ? [] : database.query<{ at: number }, []>("SELECT max(at) AS at FROM changes").all();
  const older = pendingMigrations(file, database).length > 0 ? OLDER : "";
  const summary = `${file} is intact: ${rows.users ?? 0} users, ${rows.tasks ?? 0} tasks${older}`;
  return { summary, newest: newest?.at };
}

async function inspectServer(place: Extract<DatabasePlace, { engine: "postgres" }>): Promise<Inspection> {
  const { url } = place;
  const { hostname, port } = new URL(url);
  try {
    await using sql = new SQL({ url, adapter: "postgres", max: 1, connectionTimeout: 5, prepare: false });
    const [row] = await sql`
      select current_setting('server_version') as version, extract(epoch from now()) * 1000 as now,
        coalesce(has_schema_privilege(current_schema(), 'create'), false) as can_create`;
    const pending = await pendingOnServer(sql);
    if (pending.length > 0 && !row.can_create) throw new CommandError(noCreatePrivilege(url));
    if (await hasUnfinishedCopy(place)) throw unfinishedCopy();
    const summary = `PostgreSQL ${row.version} is running at ${hostname}:${port || 5432}${pending.length > 0 ? OLDER : ""}`;
    return { summary, serverTime: Number(row.now) };
  } catch (error) {
    throw postgresFailure(url, error);
  }
}
