import { and, asc, desc, eq, inArray, isNotNull, lt, or, sql } from "drizzle-orm";
import type { Database } from "../../db/database.ts";
import type { Idempotency, Repeatable } from "../../db/idempotency.ts";
import { AppError } from "../../errors.ts";
import { invalid, isStorable } from "../../validation/index.ts";
import type { Actor } from "../accounts/model.ts";
import { type Changes, originOf } from "../changes/service.ts";
import { entryOf } from "./history.ts";
import type { VersionedTask } from "./model.ts";
import { isTaskId, type Row, toTask, toVersioned } from "./rows.ts";
import { type DeletedTask, TRASH_DAYS, type TrashPage, type TrashQuery } from "./trash-model.ts";

const PAGE = 50;
/** Tasks that go for good in one unit of work, so that others can write in between. */
const BATCH = 200;

export type Trash = ReturnType<typeof createTrash>;

/** Where deleted tasks are until they come back or have been there for 30 days. */
export function createTrash(db: Database, changes: Changes, { once }: Pick<Idempotency, "once">) {
  const { tasks, changes: log } = db.schema;
  const inTrash = (actor: Actor) => and(eq(tasks.ownerId, actor.user.id), isNotNull(tasks.deletedAt));

  return {
    /** What was deleted last comes first. @throws AppError `invalid` for a cursor that is not ours */
    async listTrash(actor: Actor, { limit = PAGE, cursor }: TrashQuery = {}): Promise<TrashPage> {
      const from = cursor === undefined ? undefined : readCursor(cursor);
      const rows = await db.read
        .select()
        .from(tasks)
        .where(
          and(
            inTrash(actor),
            from &&
              or(lt(tasks.deletedAt, from.deletedAt), and(eq(tasks.deletedAt, from.deletedAt), lt(tasks.id, from.id))),
          ),
        )
        .orderBy(desc(tasks.deletedAt), desc(tasks.id))
        .limit(Number(limit) + 1);
      const items = rows.slice(0, Number(limit)).map(toDeleted);
      const last = rows.length > items.length ? items.at(-1) : undefined;
      return { items, nextCursor: last ? writeCursor(last) : null };
    },

    /**
     * Brings a task back out of the trash.
     * @throws AppError `notFound` when it is not there
     */
    async restoreTask(
      actor: Actor,
      id: string,
      repeat?: Repeatable,
    ): Promise<VersionedTask & { readonly change: number }> {
      return db.write(
        (tx) =>
          once(tx, repeat, async () => {
            const these = and(inTrash(actor), eq(tasks.id, isTaskId(id) ? id : ""));
            const [before] = await tx.select().from(tasks).where(these);
            if (!before) throw new AppError("notFound", "There is no such task in the trash.");
            const now = new Date();
            const after: Row = { ...before, deletedAt: null, updatedAt: now, version: before.version + 1 };
            await tx
              .update(tasks)
              .set({ deletedAt: null, updatedAt: now, version: sql`${tasks.version} + 1` })
              .where(these);
            return {
              ...toVersioned(after),
              change: await changes.record(tx, originOf(actor), [entryOf(before, after)]),
            };
          }),
        actor.user.id,
      );
    },

    /**
     * Lets go of what has been in anybody's trash for over 30 days, with what its changes tell of it.
     * @returns how many tasks went
     */
    async emptyTrash(): Promise<number> {
      const before = new Date(Date.now() - TRASH_DAYS * 86_400_000);
      for (let gone = 0; ; ) {
        const old = await db.read
          .select({ ownerId: tasks.ownerId, id: tasks.id })
          .from(tasks)
          .where(lt(tasks.deletedAt, before))
          .orderBy(asc(tasks.deletedAt))
          .limit(BATCH);
        for (const [ownerId, rows] of Map.groupBy(old, (row) => row.ownerId)) {
          const ids = rows.map(({ id }) => id);
          gone += await db.write(async (tx) => {
            const purged = await tx
              .delete(tasks)
              .where(and(eq(tasks.ownerId, ownerId), inArray(tasks.id, ids), lt(tasks.deletedAt, before)))
              .returning({ id: tasks.id });
            if (purged.length === 0) return 0; // another process was faster
            const purgedIds = purged.map(({ id }) => id);
            await tx.delete(log).where(and(eq(log.accountId, ownerId), inArray(log.entityId, purgedIds)));
            await changes.record(
              tx,
              { accountId: ownerId, actorId: null, through: "program" },
              purgedIds.map((entityId) => ({ entity: "task", entityId, verb: "purge", before: null, after: null })),
            );
            return purged.length;
          }, ownerId);
        }
        if (old.length < BATCH) return gone;
      }
    },
  };
}

const toDeleted = (row: Row): DeletedTask => ({ ...toTask(row), deletedAt: row.deletedAt?.toISOString() ?? "" });

const writeCursor = ({ deletedAt, id }: DeletedTask) => Buffer.from(`${deletedAt} ${id}`).toString("base64url");

/** @throws AppError `invalid` */
function readCursor(cursor: string): { deletedAt: Date; id: string } {
  const [time = "", id = ""] = Buffer.from(cursor, "base64url").toString().split(" ");
  const deletedAt = new Date(time);
  if (/^\d{4}-.{18}Z$/.test(time) && isStorable(deletedAt.getTime()) && isTaskId(id)) return { deletedAt, id };
  throw invalid([
    { path: "/cursor", rule: "cursor", message: "Cursor does not belong to this list. Use nextCursor as it came." },
  ]);
}
