import { and, desc, eq, isNotNull, lt, or } from "drizzle-orm";
import type { Database } from "../../db/database.ts";
import { invalid } from "../../validation/check.ts";
import { isId } from "../../validation/ids.ts";
import { isStorableTime } from "../../validation/types.ts";
import { type Row, toTask } from "./entity.ts";
import type { DeletedTask, TrashPage, TrashQuery } from "./model.ts";

const PAGE = 50;

/** Returns the query for a page of the trash, the last deleted first. */
export function createTrashList({ read, schema: { tasks } }: Database) {
  /** @throws AppError `invalid` for an unknown cursor */
  return async function listTrash(ownerId: string, { limit = PAGE, cursor }: TrashQuery = {}): Promise<TrashPage> {
    const from = cursor === undefined ? undefined : readCursor(cursor);
    const after =
      from && or(lt(tasks.deletedAt, from.deletedAt), and(eq(tasks.deletedAt, from.deletedAt), lt(tasks.id, from.id)));
    const rows = await read
      .select()
      .from(tasks)
      .where(and(eq(tasks.ownerId, ownerId), isNotNull(tasks.deletedAt), after))
      .orderBy(desc(tasks.deletedAt), desc(tasks.id))
      .limit(Number(limit) + 1);
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
