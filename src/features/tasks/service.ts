import type { Actor } from "../../actor.ts";
import { Cache } from "../../cache.ts";
import type { Database } from "../../db/database.ts";
import type { Idempotency, Repeatable } from "../../db/idempotency.ts";
import { invalid } from "../../validation/check.ts";
import type { Precondition } from "../changes/items.ts";
import type { Changes } from "../changes/service.ts";
import { type Row, taskEntity, toTask } from "./entity.ts";
import { createListQueries } from "./list.ts";
import {
  type BulkAction,
  type BulkInput,
  type ChangedTask,
  type ChangedTasks,
  TASK_DEFAULTS,
  type TaskInput,
  type TaskPage,
  type TaskPatch,
  type TaskQuery,
  type Totals,
  type TrashPage,
  type TrashQuery,
  type VersionedTask,
} from "./model.ts";
import { createTrashList } from "./trash.ts";

const PAGE = 50;
const MAX_COUNTED = 10_000;

export type Tasks = ReturnType<typeof createTasks>;

/** The rules of tasks. Every query names the actor: what is not theirs is not found. */
export function createTasks(db: Database, changes: Changes, { once }: Pick<Idempotency, "once">) {
  const items = changes.register(taskEntity(db.schema.tasks));
  const listQueries = createListQueries(db);
  const listTrash = createTrashList(db);
  const counted = new Cache<{ newestChange: number; totals: Totals }>(MAX_COUNTED);

  /** Changes the given fields of a task and leaves the others. */
  const revise = (actor: Actor, id: string, patch: TaskPatch | { deletedAt: string }, precondition?: Precondition) =>
    db.write(async (tx) => toChanged(await items.revise(tx, actor, id, patch, { precondition })), actor.user.id);

  return {
    /**
     * Returns a page of the tasks that match.
     * @param newestChange the account's newest change when the request came; with it, counts are kept while it stays
     * @throws AppError `invalid` for a cursor of another list
     */
    async listTasks(actor: Actor, query: TaskQuery = {}, newestChange?: number): Promise<TaskPage> {
      const { page, totals: count, countsKey, values, cursorAt } = listQueries(actor.user.id, query);
      const limit = query.limit ?? PAGE;
      const rows = await page({ ...values, limit: limit + 1 });
      // Counting costs as much as the page itself, and is the same for every sorting and page of a list.
      const kept = newestChange === undefined ? undefined : counted.get(countsKey);
      let totals = kept?.newestChange === newestChange ? kept?.totals : undefined;
      if (!totals) {
        totals = toTotals(await count.execute(values));
        if (newestChange !== undefined) counted.set(countsKey, { newestChange, totals });
      }
      const found = rows.slice(0, limit).map(toTask);
      const last = rows.length > limit ? found.at(-1) : undefined;
      return { items: found, nextCursor: last ? cursorAt(last) : null, totals };
    },

    /** Returns the counts of a list as they are now. */
    async countTasks(actor: Actor, query: TaskQuery): Promise<Totals> {
      const { totals, values } = listQueries(actor.user.id, query);
      return toTotals(await totals.execute(values));
    },

    /** @throws AppError `notFound` */
    async getTask(actor: Actor, id: string): Promise<VersionedTask> {
      return toVersioned(await items.get(db.read, actor, id));
    },

    /** Returns those of the tasks that exist. */
    async getTasks(actor: Actor, ids: readonly string[]): Promise<VersionedTask[]> {
      return (await items.getAll(db.read, actor, ids)).map(toVersioned);
    },

    /** @param repeat makes a repeated request get the first result */
    async createTask(actor: Actor, input: TaskInput, repeat?: Repeatable): Promise<ChangedTask> {
      return db.write(
        (tx) => once(tx, repeat, async () => toChanged(await items.create(tx, actor, { ...TASK_DEFAULTS, ...input }))),
        actor.user.id,
      );
    },

    /**
     * Changes the given fields and leaves the others. Nothing changes if they already have these values.
     * @throws AppError `notFound`; what the precondition throws
     */
    updateTask: (actor: Actor, id: string, patch: TaskPatch, precondition?: Precondition): Promise<ChangedTask> =>
      revise(actor, id, patch, precondition),

    /** Replaces a task: fields left out get their defaults. Throws like `updateTask`. */
    replaceTask: (actor: Actor, id: string, input: TaskInput, precondition?: Precondition): Promise<ChangedTask> =>
      revise(actor, id, { ...TASK_DEFAULTS, ...input }, precondition),

    /** Moves a task to the trash. Throws like `updateTask`. */
    deleteTask: (actor: Actor, id: string, precondition?: Precondition): Promise<ChangedTask> =>
      revise(actor, id, { deletedAt: new Date().toISOString() }, precondition),

    /**
     * Applies one action to many tasks, or to none of them.
     * @throws AppError `invalid` for a missing or needless priority; `notFound` if one of the tasks does not exist
     */
    async bulk(actor: Actor, input: BulkInput, repeat?: Repeatable): Promise<ChangedTasks> {
      const patch = bulkPatch(input);
      return db.write(
        (tx) =>
          once(tx, repeat, async () => {
            const { rows, change } = await items.reviseAll(tx, actor, input.ids, patch);
            return {
              tasks: rows.map((row) => ({ ...toVersioned(row), gone: row.deletedAt !== null })),
              change,
            };
          }),
        actor.user.id,
      );
    },

    /** Lists the trash, the last deleted first. @throws AppError `invalid` for an unknown cursor */
    listTrash: (actor: Actor, query?: TrashQuery): Promise<TrashPage> => listTrash(actor.user.id, query),

    /**
     * Restores a task from the trash.
     * @throws AppError `notFound` if it is not there
     */
    async restoreTask(actor: Actor, id: string, repeat?: Repeatable): Promise<ChangedTask> {
      return db.write(
        (tx) =>
          once(tx, repeat, async () =>
            toChanged(await items.revise(tx, actor, id, { deletedAt: null }, { inTrash: true })),
          ),
        actor.user.id,
      );
    },
  };
}

/** Returns the fields that a bulk action sets. @throws AppError `invalid` for a missing or needless priority */
function bulkPatch({ action, priority }: BulkInput) {
  if (action === "setPriority" && priority === undefined)
    throw invalid([{ path: "/priority", rule: "required", message: "Priority is required for setPriority." }]);
  if (action !== "setPriority" && priority !== undefined)
    throw invalid([
      { path: "/priority", rule: "unknown", message: "Priority is only accepted with the action setPriority." },
    ]);
  const patches: Record<BulkAction, TaskPatch | { deletedAt: string }> = {
    complete: { completed: true },
    reopen: { completed: false },
    delete: { deletedAt: new Date().toISOString() },
    setPriority: { priority },
  };
  return patches[action] as Record<string, string | boolean>;
}

const toVersioned = (row: Row): VersionedTask => ({ task: toTask(row), version: row.version });

const toChanged = ({ row, change }: { row: Row; change: number | undefined }): ChangedTask => ({
  ...toVersioned(row),
  change,
});

const toTotals = ([{ all, completed } = { all: 0, completed: 0 }]: { all: number; completed: number }[]): Totals => ({
  open: all - completed,
  completed,
});
