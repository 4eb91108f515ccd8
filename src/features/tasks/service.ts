import { and, eq, getTableColumns, inArray, isNotNull, isNull, sql } from "drizzle-orm";
import { Cache } from "../../cache.ts";
import type { Database, Reader, Writer } from "../../db/database.ts";
import type { Idempotency, Repeatable } from "../../db/idempotency.ts";
import { insertInto, preparedFor, rowsOf, updateIn } from "../../db/prepared.ts";
import { AppError } from "../../errors.ts";
import { invalid } from "../../validation/index.ts";
import type { Actor } from "../accounts/model.ts";
import { type Changes, originOf } from "../changes/service.ts";
import { entryOf } from "./history.ts";
import { createListing } from "./list.ts";
import type { BulkInput, Outcome, TaskInput, TaskPage, TaskPatch, TaskQuery, Totals, VersionedTask } from "./model.ts";
import { columnsOf, isTaskId, type Row, toTask, toVersioned } from "./rows.ts";
import { createUndo } from "./undo.ts";

const PAGE = 50;
const EDITABLE = ["title", "description", "priority", "completed"] as const;

/** Decides from a task's version whether a change may go ahead. @throws AppError `preconditionFailed` */
export type Precondition = (version: number) => void;

/** A task after an action, and the change that takes the action back; none when nothing was changed. */
export interface Changed extends VersionedTask {
  readonly change: number | undefined;
}

export type Tasks = ReturnType<typeof createTasks>;

/** The rules of tasks. Every query names the actor: what isn't theirs is not found. */
export function createTasks(db: Database, changes: Changes, { once }: Pick<Idempotency, "once">) {
  const { tasks } = db.schema;

  const listing = createListing(db);
  const insertTask = insertInto(tasks, Object.keys(getTableColumns(tasks)) as (keyof Row)[]);
  const counted = new Cache<{ newestChange: number; totals: Totals }>(10_000);
  const { undoAction, undoable } = createUndo(db, changes);

  const own = (actor: Actor) => and(eq(tasks.ownerId, actor.user.id), isNull(tasks.deletedAt));

  const thisOne = and(
    eq(tasks.ownerId, sql.placeholder("ownerId")),
    eq(tasks.id, sql.placeholder("id")),
    isNull(tasks.deletedAt),
  );
  const findTask = preparedFor((reader: Reader) =>
    rowsOf(db.engine, getTableColumns(tasks), reader.select().from(tasks).where(thisOne).prepare()),
  );
  const rewrite = updateIn(tasks, thisOne);

  async function rowOf(reader: Reader, actor: Actor, id: string): Promise<Row> {
    if (!isTaskId(id)) return notFound();
    const [row] = await findTask(reader)({ ownerId: actor.user.id, id });
    return row ?? notFound();
  }

  /** What every change to a task sets besides. */
  const revision = ({ version }: Row, now: Date) => ({ version: version + 1, updatedAt: now });

  /** Notes what an action did to each of these, as one action. */
  const record = (tx: Writer, actor: Actor, pairs: [before: Row | undefined, after: Row][]) =>
    changes.record(
      tx,
      originOf(actor),
      pairs.map(([before, after]) => entryOf(before, after)),
    );

  async function revise(actor: Actor, id: string, patch: TaskPatch, precondition?: Precondition): Promise<Changed> {
    return db.write(async (tx) => {
      const before = await rowOf(tx, actor, id);
      precondition?.(before.version);
      const current = toTask(before);
      const wanted = { ...current, ...patch, title: (patch.title ?? current.title).trim() };
      if (EDITABLE.every((field) => wanted[field] === current[field]))
        return { ...toVersioned(before), change: undefined };
      const now = new Date();
      const after = { ...before, ...columnsOf(wanted, now, before.completedAt), ...revision(before, now) };
      await rewrite(tx, before, after);
      return { ...toVersioned(after), change: await record(tx, actor, [[before, after]]) };
    }, actor.user.id);
  }

  return {
    /** @throws AppError `invalid` for a cursor of another list */
    async listTasks(actor: Actor, query: TaskQuery = {}): Promise<TaskPage> {
      const { page, totals: counts, countsKey, values, cursorAt } = listing(actor.user.id, query);
      const limit = query.limit ?? PAGE;
      const rows = await page({ ...values, limit: limit + 1 });
      // Counting costs as much as the page itself, and is alike for every sorting and page of a list.
      let kept = counted.get(countsKey);
      if (kept?.newestChange !== actor.newestChange) {
        kept = { newestChange: actor.newestChange, totals: toTotals(await counts.execute(values)) };
        counted.set(countsKey, kept);
      }
      const items = rows.slice(0, limit).map(toTask);
      const last = rows.length > limit ? items.at(-1) : undefined;
      return {
        items,
        nextCursor: last ? cursorAt(last) : null,
        totals: kept.totals,
      };
    },

    /** The counts of a list as they are now, also when the actor has changed something since they asked. */
    async countTasks(actor: Actor, query: TaskQuery): Promise<Totals> {
      const { totals, values } = listing(actor.user.id, query);
      return toTotals(await totals.execute(values));
    },

    /** @throws AppError `notFound` */
    async getTask(actor: Actor, id: string): Promise<VersionedTask> {
      return toVersioned(await rowOf(db.read, actor, id));
    },

    /** @returns those of the tasks that there are */
    async getTasks(actor: Actor, ids: string[]): Promise<VersionedTask[]> {
      const rows = await db.read
        .select()
        .from(tasks)
        .where(and(own(actor), inArray(tasks.id, ids.filter(isTaskId))));
      return rows.map(toVersioned);
    },

    /** @param repeat makes a repeated request give the first answer */
    async createTask(actor: Actor, input: TaskInput, repeat?: Repeatable): Promise<Changed> {
      return db.write(
        (tx) =>
          once(tx, repeat, async () => {
            const now = new Date();
            const { title, description = "", priority = "medium", completed = false } = input;
            const row: Row = {
              ...columnsOf({ title, description, priority, completed }, now),
              ownerId: actor.user.id,
              id: Bun.randomUUIDv7(),
              deletedAt: null,
              version: 1,
              createdAt: now,
              updatedAt: now,
            };
            await insertTask(tx, row);
            return { ...toVersioned(row), change: await record(tx, actor, [[undefined, row]]) };
          }),
        actor.user.id,
      );
    },

    /**
     * Changes the given fields and leaves the others; nothing changes, not even `updatedAt`, when they already are so.
     * @throws AppError `notFound`; what the precondition throws
     */
    updateTask: revise,

    /** Replaces the task: fields left out get their defaults. Throws as `updateTask` does. */
    async replaceTask(actor: Actor, id: string, input: TaskInput, precondition?: Precondition): Promise<Changed> {
      return revise(actor, id, { description: "", priority: "medium", completed: false, ...input }, precondition);
    },

    /**
     * Puts a task into the trash.
     * @returns the task as it was, and the change that brings it back
     * @throws AppError `notFound`; what the precondition throws
     */
    async deleteTask(actor: Actor, id: string, precondition?: Precondition): Promise<Changed> {
      return db.write(async (tx) => {
        const before = await rowOf(tx, actor, id);
        precondition?.(before.version);
        const now = new Date();
        const after = { ...before, ...revision(before, now), deletedAt: now };
        await rewrite(tx, before, after);
        return { ...toVersioned(before), change: await record(tx, actor, [[before, after]]) };
      }, actor.user.id);
    },

    /**
     * Does one thing to many tasks, or to none of them.
     * @returns the tasks as they are now (as they were, when deleted), and what takes it back
     * @throws AppError `invalid` for a missing or needless priority; `notFound` when one of the tasks is
     */
    async bulk(actor: Actor, { ids, action, priority }: BulkInput, repeat?: Repeatable): Promise<Outcome> {
      if (action === "setPriority" && priority === undefined)
        throw invalid([{ path: "/priority", rule: "required", message: "Priority is required to set it." }]);
      if (action !== "setPriority" && priority !== undefined)
        throw invalid([
          { path: "/priority", rule: "unknown", message: "Priority only goes with the action setPriority." },
        ]);
      const wanted = [...new Set(ids)];
      return db.write(
        (tx) =>
          once(tx, repeat, async () => {
            const these = and(own(actor), inArray(tasks.id, wanted));
            const found = await tx.select().from(tasks).where(these).orderBy(tasks.id);
            if (found.length < wanted.length) {
              const missing = wanted.length - found.length;
              throw new AppError(
                "notFound",
                `${missing} of the ${wanted.length} tasks ${missing === 1 ? "does" : "do"} not exist. Nothing was changed.`,
              );
            }
            const now = new Date();
            // Only what really changes counts as changed.
            const [set, differs] = {
              complete: [{ completedAt: now }, isNull(tasks.completedAt)] as const,
              reopen: [{ completedAt: null }, isNotNull(tasks.completedAt)] as const,
              delete: [{ deletedAt: now }, undefined] as const,
              setPriority: [{ priority }, sql`${tasks.priority} <> ${priority ?? ""}`] as const,
            }[action];
            const updated = await tx
              .update(tasks)
              .set({ version: sql`${tasks.version} + 1`, updatedAt: now, ...set })
              .where(and(these, differs))
              .returning();
            const byId = new Map(updated.map((row) => [row.id, row]));
            const pairs = found.flatMap((before): [Row, Row][] => {
              const after = byId.get(before.id);
              return after ? [[before, after]] : [];
            });
            return {
              tasks: found.map((row) => ({ ...toVersioned(byId.get(row.id) ?? row), gone: action === "delete" })),
              change: pairs.length > 0 ? await record(tx, actor, pairs) : undefined,
            };
          }),
        actor.user.id,
      );
    },

    /** @returns the titles of those that are the actor's, in the trash or not */
    async titlesOf(actor: Actor, ids: string[]): Promise<ReadonlyMap<string, string>> {
      const rows = await db.read
        .select({ id: tasks.id, title: tasks.title })
        .from(tasks)
        .where(and(eq(tasks.ownerId, actor.user.id), inArray(tasks.id, [...new Set(ids)])));
      return new Map(rows.map(({ id, title }) => [id, title]));
    },

    undoable,

    /** Takes back the action that a change belongs to; see `createUndo`. Throws as that does. */
    async undo(actor: Actor, changeId: number, repeat?: Repeatable): Promise<Outcome> {
      return db.write((tx) => once(tx, repeat, () => undoAction(tx, actor, changeId)), actor.user.id);
    },
  };

  function toTotals([{ all, completed } = { all: 0, completed: 0 }]: { all: number; completed: number }[]): Totals {
    return { open: all - completed, completed };
  }

  function notFound(): never {
    throw new AppError("notFound", "There is no such task. One that was deleted can be restored from the trash.");
  }
}
