import { Database as Sqlite } from "bun:sqlite";
import { SQL } from "bun";
import { AppError } from "../errors.ts";
import { unfinished } from "./copy.ts";
import type { DatabasePlace } from "./database.ts";
import { isUnreachable } from "./postgres-failures.ts";
import { isHalf } from "./postgres-snapshot.ts";
import { inspectSqlite } from "./sqlite-snapshot.ts";

export interface Inspection {
  readonly says: string;
  /** When the newest change was made, and what the server's own clock says, in milliseconds. */
  readonly newest?: number;
  readonly serverTime?: number;
}

/** Looks at a database without changing it. @throws AppError `startup` that says what is wrong with it */
export async function inspectPlace(place: DatabasePlace): Promise<Inspection> {
  if (place.engine === "sqlite") {
    const { rows, migration } = inspectSqlite(place.file);
    if (migration === "")
      throw new AppError("startup", `${place.file} is not a database of TaskFlow; set DATABASE_URL`);
    using database = new Sqlite(place.file, { readwrite: true, create: false });
    const [newest] =
      rows.changes === undefined ? [] : database.query<{ at: number }, []>("SELECT max(at) AS at FROM changes").all();
    return { says: `${place.file} is sound: ${rows.users ?? 0} users, ${rows.tasks ?? 0} tasks`, newest: newest?.at };
  }
  const { hostname, port } = new URL(place.url);
  const server = `${hostname}:${port || 5432}`;
  try {
    await using sql = new SQL({ url: place.url, adapter: "postgres", max: 1, connectionTimeout: 5, prepare: false });
    const [row] =
      await sql`select current_setting('server_version') as version, extract(epoch from now()) * 1000 as now`;
    if (await isHalf(place)) throw unfinished();
    return { says: `PostgreSQL ${row.version} answers at ${server}`, serverTime: Number(row.now) };
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError(
      "startup",
      isUnreachable(error)
        ? `can't reach PostgreSQL (${server}); start it, or set DATABASE_URL to where it is`
        : `PostgreSQL (${server}) refuses: ${(error as { code?: string }).code ?? (error as Error).name}`,
    );
  }
}
