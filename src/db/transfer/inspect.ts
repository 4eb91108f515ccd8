import { Database as Sqlite } from "bun:sqlite";
import { SQL } from "bun";
import { CommandError } from "../../errors.ts";
import type { DatabasePlace } from "../database.ts";
import { mayNotCreate, postgresFailure } from "../postgres/errors.ts";
import { pendingMigrations as pendingOnServer } from "../postgres/migrate.ts";
import { isHalf } from "../postgres/snapshot.ts";
import { pendingMigrations } from "../sqlite/migrate.ts";
import { assertOurs, inspectSqlite } from "../sqlite/snapshot.ts";
import { unfinished } from "./copy.ts";

export interface Inspection {
  readonly says: string;
  /** When the newest change was made, and what the server's own clock says, in milliseconds. */
  readonly newest?: number;
  readonly serverTime?: number;
}

const OLDER = "; it is of an older version, and brought up to date at the next start";

/** Looks at a database without changing it. @throws CommandError that says what is wrong with it */
export const inspectPlace = async (place: DatabasePlace): Promise<Inspection> =>
  place.engine === "sqlite" ? inspectFile(place.file) : inspectServer(place);

function inspectFile(file: string): Inspection {
  assertOurs(file);
  const { rows } = inspectSqlite(file);
  using database = new Sqlite(file, { readwrite: true, create: false });
  const [newest] =
    rows.changes === undefined ? [] : database.query<{ at: number }, []>("SELECT max(at) AS at FROM changes").all();
  const older = pendingMigrations(file, database).length > 0 ? OLDER : "";
  return { says: `${file} is sound: ${rows.users ?? 0} users, ${rows.tasks ?? 0} tasks${older}`, newest: newest?.at };
}

async function inspectServer(place: Extract<DatabasePlace, { engine: "postgres" }>): Promise<Inspection> {
  const { url } = place;
  const { hostname, port } = new URL(url);
  try {
    await using sql = new SQL({ url, adapter: "postgres", max: 1, connectionTimeout: 5, prepare: false });
    const [row] = await sql`
      select current_setting('server_version') as version, extract(epoch from now()) * 1000 as now,
        coalesce(has_schema_privilege(current_schema(), 'create'), false) as creates`;
    const missing = await pendingOnServer(sql);
    if (missing.length > 0 && !row.creates) throw new CommandError(mayNotCreate(url));
    if (await isHalf(place)) throw unfinished();
    const says = `PostgreSQL ${row.version} answers at ${hostname}:${port || 5432}${missing.length > 0 ? OLDER : ""}`;
    return { says, serverTime: Number(row.now) };
  } catch (error) {
    throw postgresFailure(url, error);
  }
}
