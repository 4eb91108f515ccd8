import { and, eq, inArray, isNotNull, isNull, lt, sql } from "drizzle-orm";
import type { Actor } from "../accounts/model.ts";
import type { Database, Reader, Writer } from "../db/database.ts";
import { AppError } from "../errors.ts";
import { invalid } from "../shapes.ts";
import { createListing } from "./list.ts";
import type { BulkInput, TaskInput, TaskPage, TaskPatch, TaskQuery, VersionedTask } from "./model.ts";
import { columnsOf, type Row, toTask, toVersioned } from "./rows.ts";

/** How long a deleted task can come back. */
const TRASH_DAYS = 30;
const PAGE = 50;
const EDITABLE = ["title", "description", "priority", "completed"] as const;

/** Decides from a task's version whether a change may go ahead. @throws AppError `preconditionFailed` */
export type Precondition = (version: number) => void;

/** Which tasks an undo brings back: those that one action, at one moment, was done to. */
export interface Undo {
  readonly action: "complete" | "delete";
  readonly at: Date;
}

export type Tasks = ReturnType<typeof createTasks>;

/** The rules of tasks. Every query names the actor: what isn't theirs is not found. */
export function createTasks(db: Database) {
  const { tasks } = db.schema;

  const listing = createListing(db);

  const own = (actor: Actor) => and(eq(tasks.ownerId, actor.user.id), isNull(tasks.deletedAt));

  const findTask = db.read
    .select()
    .from(tasks)
    .where(
      and(eq(tasks.ownerId, sql.placeholder("ownerId")), eq(tasks.id, sql.placeholder("id")), isNull(tasks.deletedAt)),
    )
    .prepare();

  async function rowOf(reader: Reader, actor: Actor, id: string): Promise<Row> {
    const [row] = await reader
      .select()
      .from(tasks)
      .where(and(own(actor), eq(tasks.id, id)));
    return row ?? notFound();
  }

  /** What every change to a task sets besides. */
  const counted = (now: Date) => ({ version: sql`${tasks.version} + 1`, updatedAt: now });

  /** Whatever has been in the trash for over 30 days goes for good when its owner next deletes something. */
  const emptyTrash = (tx: Writer, actor: Actor, now: Date) =>
    tx
      .delete(tasks)
      .where(
        and(eq(tasks.ownerId, actor.user.id), lt(tasks.deletedAt, new Date(now.getTime() - TRASH_DAYS * 86_400_000))),
      );

  async function revise(
    actor: Actor,
    id: string,
    patch: TaskPatch,
    precondition?: Precondition,
  ): Promise<VersionedTask> {
    return db.write(async (tx) => {
      const before = await rowOf(tx, actor, id);
      precondition?.(before.version);
      const current = toTask(before);
      const wanted = { ...current, ...patch, title: (patch.title ?? current.title).trim() };
      if (EDITABLE.every((field) => wanted[field] === current[field])) return toVersioned(before);
      const now = new Date();
      const [row] = await tx
        .update(tasks)
        .set({ ...columnsOf(wanted, now, before.completedAt), ...counted(now) })
        .where(and(own(actor), eq(tasks.id, id)))
        .returning();
      return row ? toVersioned(row) : notFound();
    });
  }

  return {
    /** @throws AppError `invalid` for a cursor of another list */
    async listTasks(actor: Actor, query: TaskQuery = {}): Promise<TaskPage> {
      const { page, totals: counts, values, cursorAt } = listing(actor.user.id, query);
      const limit = query.limit ?? PAGE;
      const rows = await page.execute({ ...values, limit: limit + 1 });
      const [totals] = await counts.execute(values);
      const { all = 0, completed = 0 } = totals ?? {};
      const items = rows.slice(0, limit).map(toTask);
      const last = rows.length > limit ? items.at(-1) : undefined;
      return {
        items,
        nextCursor: last ? cursorAt(last) : null,
        totals: { open: all - completed, completed },
      };
    },

    /** @throws AppError `notFound` */
    async getTask(actor: Actor, id: string): Promise<VersionedTask> {
      const [row] = await findTask.execute({ ownerId: actor.user.id, id });
      return row ? toVersioned(row) : notFound();
    },

    async createTask(actor: Actor, input: TaskInput): Promise<VersionedTask> {
      return db.write(async (tx) => {
        const now = new Date();
        const { title, description = "", priority = "medium", completed = false } = input;
        const [row] = await tx
          .insert(tasks)
          .values({
            ...columnsOf({ title, description, priority, completed }, now),
            ownerId: actor.user.id,
            id: Bun.randomUUIDv7(),
            version: 1,
            createdAt: now,
            updatedAt: now,
          })
          .returning();
        return toVersioned(row as Row);
      });
    },

    /**
     * Changes the given fields and leaves the others; nothing changes, not even `updatedAt`, when they already are so.
     * @throws AppError `notFound`; what the precondition throws
     */
    updateTask: revise,

    /** Replaces the task: fields left out get their defaults. Throws as `updateTask` does. */
    async replaceTask(actor: Actor, id: string, input: TaskInput, precondition?: Precondition): Promise<VersionedTask> {
      return revise(actor, id, { description: "", priority: "medium", completed: false, ...input }, precondition);
    },

    /**
     * Puts a task into the trash, and empties from the trash what has been there for over 30 days.
     * @returns what brings it back
     * @throws AppError `notFound`; what the precondition throws
     */
    async deleteTask(actor: Actor, id: string, precondition?: Precondition): Promise<Undo> {
      return db.write(async (tx) => {
        const { version } = await rowOf(tx, actor, id);
        precondition?.(version);
        const now = new Date();
        await tx
          .update(tasks)
          .set({ ...counted(now), deletedAt: now })
          .where(and(own(actor), eq(tasks.id, id)));
        await emptyTrash(tx, actor, now);
        return { action: "delete", at: now };
      });
    },

    /**
     * Does one thing to many tasks, or to none of them.
     * @returns the tasks as they are now (as they were, when deleted), and what takes it back where something can
     * @throws AppError `invalid` for a missing or needless priority; `notFound` when one of the tasks is
     */
    async bulk(
      actor: Actor,
      { ids, action, priority }: BulkInput,
    ): Promise<{ tasks: VersionedTask[]; undo: Undo | undefined }> {
      if (action === "setPriority" && priority === undefined)
        throw invalid([{ path: "/priority", rule: "required", message: "Priority is required to set it." }]);
      if (action !== "setPriority" && priority !== undefined)
        throw invalid([
          { path: "/priority", rule: "unknown", message: "Priority only goes with the action setPriority." },
        ]);
      const wanted = [...new Set(ids)];
      return db.write(async (tx) => {
        const these = and(own(actor), inArray(tasks.id, wanted));
        const found = await tx.select().from(tasks).where(these);
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
          .set({ ...counted(now), ...set })
          .where(and(these, differs))
          .returning();
        const byId = new Map(updated.map((row) => [row.id, row]));
        if (action === "delete") await emptyTrash(tx, actor, now);
        return {
          tasks: found.map((row) => toVersioned(byId.get(row.id) ?? row)),
          undo: action === "complete" || action === "delete" ? { action, at: now } : undefined,
        };
      });
    },

    /** Takes back one action: what was completed or deleted at that moment is open or there again. @returns those tasks */
    async undo(actor: Actor, { action, at }: Undo): Promise<VersionedTask[]> {
      const [column, set] = {
        complete: [tasks.completedAt, { completedAt: null }] as const,
        delete: [tasks.deletedAt, { deletedAt: null }] as const,
      }[action];
      const present = action === "complete" ? isNull(tasks.deletedAt) : undefined;
      return db.write(async (tx) => {
        const rows = await tx
          .update(tasks)
          .set({ ...counted(new Date()), ...set })
          .where(and(eq(tasks.ownerId, actor.user.id), eq(column, at), present))
          .returning();
        return rows.map(toVersioned);
      });
    },
  };

  function notFound(): never {
    throw new AppError("notFound", "There is no such task.");
  }
}
