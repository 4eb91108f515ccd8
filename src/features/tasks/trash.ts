import { and, desc, eq, getTableColumns, isNotNull, sql } from "drizzle-orm";
import type { Database } from "../../db/database.ts";
import { tableFrom, unionOf } from "../../db/union.ts";
import { invalid } from "../../validation/check.ts";
import { isId } from "../../validation/ids.ts";
import { isStorableTime } from "../../validation/types.ts";
import { type Row, toTask } from "./entity.ts";
import type { DeletedTask, TrashPage, TrashQuery } from "./model.ts";

const PAGE = 50;

/** Returns the query for a page of the trash, the last deleted first. */
export function createTrashList({ read, schema: { tasks } }: Database) {
  /** @throws AppError `invalid` for an unknown cursor */
  return async function listTrash(
    projectIds: readonly string[],
    { limit = PAGE, cursor }: TrashQuery = {},
  ): Promise<TrashPage> {
    const from = cursor === undefined ? undefined : readCursor(cursor);
    const position = from && sql`${sql.param(from.deletedAt, tasks.deletedAt)}, ${from.id}`;
    const after = position && sql`(${tasks.deletedAt}, ${tasks.id}) < (${position})`;
    const parts = projectIds.map((projectId) =>
      read
        .select()
        .from(tasks)
        .where(and(eq(tasks.projectId, projectId), isNotNull(tasks.deletedAt), after))
        .orderBy(desc(tasks.deletedAt), desc(tasks.id))
        .limit(Number(limit) + 1),
    );
    const rows = await (parts.length === 1
      ? (parts[0] as (typeof parts)[number])
      : read
          .select(getTableColumns(tasks))
          .from(tableFrom("tasks", unionOf(parts)))
          .orderBy(desc(tasks.deletedAt), desc(tasks.id))
          .limit(Number(limit) + 1));
    const items = rows.slice(0, Number(limit)).map(toDeleted);
    const last = rows.length > items.length ? items.at(-1) : undefined;
    return { items, nextCursor: last ? writeCursor(last) : null };
  };
}

const toDeleted = (row: Row): DeletedTask => ({ ...toTask(row), deletedAt: row.deletedAt?.toISOString() ?? "" });

const writeCursor = ({ deletedAt, id }: DeletedTask) => Buffer.from(`${deletedAt} ${id}`).toString("base64url");

/** @throws AppError `invalid` */
function readCursor(cursor: string): { deletedAt: Date; id: string } {
  const [time = "", id = ""] = Buffer.from(cursor, "base64url").toString().split(" ");
  const deletedAt = new Date(time);
  if (/^\d{4}-.{18}Z$/.test(time) && isStorableTime(deletedAt.getTime()) && isId(id)) return { deletedAt, id };
  throw invalid([
    { path: "/cursor", rule: "cursor", message: "Cursor does not belong to this list. Use nextCursor as you got it." },
  ]);
}
