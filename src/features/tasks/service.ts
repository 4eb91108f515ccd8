import { and, eq, isNull } from "drizzle-orm";
import type { Actor } from "../../actor.ts";
import { BATCH_SIZE, inChunks } from "../../chunks.ts";
import type { Database, Reader, Writer } from "../../db/database.ts";
import type { Idempotency, Repeatable } from "../../db/idempotency.ts";
import { AppError } from "../../errors.ts";
import { tasksLinkedIn, tickBox } from "../../text/markdown.ts";
import { invalid } from "../../validation/check.ts";
import type { Patched } from "../changes/entity.ts";
import type { Applied, Precondition } from "../changes/items.ts";
import type { Values, Verb } from "../changes/model.ts";
import type { Changes } from "../changes/service.ts";
import { may, noSuchProject, notAllowed, projectsOfList } from "../projects/access.ts";
import type { Projects } from "../projects/service.ts";
import { assertAssigned, createAssignees } from "./assignees.ts";
import { type Completion, createCompletions } from "./completions.ts";
import { createCopies } from "./copies.ts";
import { addCounts, createTaskCounts } from "./counts.ts";
import { completion, NO_DATES, planDates } from "./due.ts";
import { type Row, taskEntity, toTask } from "./entity.ts";
import { createLabelling, type LabelEdit, relabelled } from "./labelling.ts";
import { createLabels } from "./labels.ts";
import { createList } from "./list.ts";
import { timeOfCursor } from "./list-queries.ts";
import { createMerge } from "./merge.ts";
import {
  type BulkAction,
  BulkInput,
  type ChangedTask,
  type ChangedTasks,
  MAX_MATCHING,
  type MatchingInput,
  TASK_DEFAULTS,
  type Task,
  type TaskInput,
  type TaskPage,
  type TaskPatch,
  type TaskQuery,
  type TrashPage,
  type TrashQuery,
  type VersionedTask,
} from "./model.ts";
import { createPlacement, type Direction, splitTarget, type Target } from "./placement.ts";
import { createRelatives } from "./relatives.ts";
import { createTrashList } from "./trash.ts";
import { createTree } from "./tree.ts";

/** Tasks whose titles are shown where texts link to them. */
const MAX_LINKED = 200;

interface ReviseOptions {
  readonly precondition?: Precondition | undefined;
  /** Looks for the task in the trash. */
  readonly inTrash?: boolean;
  readonly repeat?: Repeatable | undefined;
}

export type Tasks = ReturnType<typeof createTasks>;

/** The rules of tasks. What the actor may not see is not found. */
export function createTasks(
  db: Database,
  changes: Changes,
  projects: Pick<Projects, "membersAmong" | "namesOf" | "onLeave">,
  { once }: Pick<Idempotency, "once">,
) {
  const counts = createTaskCounts(db);
  const { amend, unassign } = createAssignees(db, projects);
  const extend = createTree(db);
  const labels = createLabels(db);
  const completions = createCompletions(db);
  const count = async (...changed: Parameters<typeof counts.update>) => {
    await counts.update(...changed);
    await labels.update(...changed);
    await completions.update(...changed);
  };
  const items = changes.register(taskEntity(db.schema.tasks, { count, amend, extend }));
  projects.onLeave((tx, origin, projectId, accountId) => unassign(tx, origin, items, projectId, accountId));
  const { besides, placeNew, plan, scopesOf } = createPlacement(db);
  const { copyTask, ...copies } = createCopies(db, items, { placeNew });
  const list = createList(db, counts, labels);
  const { spelled, ...labelling } = createLabelling(db, labels, items);
  const relatives = createRelatives(db);
  const listTrash = createTrashList(db);

  const { reconcile, ownFields, notesAt } = createMerge(changes);

  /**
   * Changes fields of a task although it has changed since the actor read it, unless both changed the same field.
   * @throws AppError what the precondition throws
   */
  async function reviseMerged(
    actor: Actor,
    id: string,
    patch: TaskPatch,
    options: ReviseOptions,
  ): Promise<ChangedTask> {
    try {
      return await revise(actor, id, patch, options);
    } catch (error) {
      const { precondition } = options;
      const isOutdated = error instanceof AppError && error.code === "preconditionFailed";
      if (!isOutdated || precondition?.seen === undefined) throw error;
      const current = toVersioned(await items.get(db.read, actor, id));
      const merged = await reconcile(actor, current, patch, precondition.seen);
      if (!merged) throw error;
      const assertCurrent = (version: number) => {
        // It has changed once more since.
        if (version !== current.version) throw error;
      };
      return await revise(actor, id, merged, { ...options, precondition: assertCurrent });
    }
  }

  /** Changes the given fields of a task and leaves the others. */
  async function revise(
    actor: Actor,
    id: string,
    patch: TaskPatch | { deletedAt: string | null },
    { repeat, precondition, inTrash }: ReviseOptions = {},
  ): Promise<ChangedTask> {
    const [target, fields] = splitTarget(patch);
    const changed = await db.write(
      (tx) =>
        once(tx, repeat, async () => {
          const before = await items.get(tx, actor, id, { inTrash });
          precondition?.(before.version);
          const places = await plan(tx, actor, [before], target);
          const { rows, change } = await items.applyAll(tx, actor, [
            patchOf(actor, before, await spelled(tx, actor, fields), places),
          ]);
          const [row = before, ...others] = rows;
          if ("assigneeId" in patch) assertAssigned(patch.assigneeId, [row]);
          return { ...toVersioned(row), change, others: others.map(toAffected) };
        }),
      ...(await items.projectsOf(id, actor)),
      ...(await scopesOf(target)),
    );
    return visible(actor, changed);
  }

  /** Applies one action to tasks. @param action an action to continue */
  async function applyBulk(
    tx: Writer,
    actor: Actor,
    rows: readonly Row[],
    patch: ReturnType<typeof bulkPatch>,
    action?: number,
  ): Promise<Applied<Row>> {
    const [target, fields] = splitTarget(patch);
    const places = await plan(tx, actor, rows, target);
    const written = await spelled(tx, actor, fields);
    const patches = rows.map((row) => patchOf(actor, row, relabelled(row, written), places));
    const applied = await items.applyAll(tx, actor, patches, { action });
    if ("assigneeId" in patch) assertAssigned(patch.assigneeId, applied.rows);
    return applied;
  }

  /** Creates tasks in this order, as one action. The first is the newest, as in a list that is sorted by age. */
  async function create(tx: Writer, actor: Actor, inputs: readonly TaskInput[]): Promise<Applied<Row>> {
    const [target] = splitTarget(inputs[0] ?? {});
    const ids = inputs.map(() => Bun.randomUUIDv7()).reverse();
    const places = await placeNew(tx, actor, target, ids);
    const all: Values[] = [];
    for (const [index, input] of inputs.entries())
      all.push({ ...(await spelled(tx, actor, valuesOf(actor, splitTarget(input)[1]))), ...places[index] });
    const applied = await items.createAll(tx, actor, all.reverse(), ids.reverse());
    for (const [index, row] of applied.rows.entries()) assertAssigned(inputs.at(-1 - index)?.assigneeId, [row]);
    return applied;
  }

  return {
    ...labelling,
    listTasks: list.listTasks,
    countTasks: list.countTasks,
    ...relatives,
    ...copies,

    /** Returns the id of the task that follows a task in a list, if there is one. */
    async nextTask(actor: Actor, query: TaskQuery, { id }: Pick<Task, "id">): Promise<string | undefined> {
      return list.nextTask(actor, query, await items.get(db.read, actor, id));
    },

    /**
     * Returns the completions of repeating tasks that belong between the tasks of a page, which is sorted by completion.
     * @param page the tasks of the page @param cursor where it starts
     */
    async listCompletions(
      actor: Actor,
      { project, cursor }: Pick<TaskQuery, "project" | "cursor">,
      { items: shown, nextCursor }: TaskPage,
    ): Promise<Completion[]> {
      const last = shown.at(-1)?.completedAt;
      const from = nextCursor !== null && last ? new Date(last) : undefined;
      return completions.listCompletions(projectsOfList(actor, project), from, timeOfCursor(cursor));
    },

    /** Returns how many open tasks each project has, the empty ones left out. */
    async countOpen(projectIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
      const counted = [...(await counts.read(projectIds))];
      return new Map(counted.map(([id, own]) => [id, addCounts(Object.values(own)).open]));
    },

    /** @throws AppError `notFound` */
    async getTask(actor: Actor, id: string, reader: Reader = db.read): Promise<VersionedTask> {
      return toVersioned(await items.get(reader, actor, id));
    },

    /** Returns those of the tasks that exist. */
    async getTasks(actor: Actor, ids: readonly string[]): Promise<VersionedTask[]> {
      return (await items.getAll(db.read, actor, ids)).map(toVersioned);
    },

    /** @param repeat makes a repeated request get the first result */
    async createTask(actor: Actor, input: TaskInput, repeat?: Repeatable): Promise<ChangedTask> {
      const values = valuesOf(actor, splitTarget(input)[1]);
      const created = await db.write(
        (tx) =>
          once(tx, repeat, async () => {
            const id = Bun.randomUUIDv7();
            const [place] = await placeNew(tx, actor, splitTarget(input)[0], [id]);
            const { row, change } = await items.create(
              tx,
              actor,
              { ...(await spelled(tx, actor, values)), ...place },
              id,
            );
            assertAssigned(input.assigneeId, [row]);
            return { ...toVersioned(row), change };
          }),
        ...(await scopesOf({ projectId: actor.user.id, ...splitTarget(input)[0] })),
      );
      return visible(actor, created);
    },

    /**
     * Creates tasks of one place as one action. A list shows them in this order.
     * @param repeat makes a repeated request get the first result
     */
    async createTasks(actor: Actor, inputs: readonly TaskInput[], repeat?: Repeatable): Promise<ChangedTasks> {
      const created = await db.write(
        (tx) => once(tx, repeat, async () => toChangedTasks(await create(tx, actor, inputs))),
        ...(await scopesOf({ projectId: actor.user.id, ...splitTarget(inputs[0] ?? {})[0] })),
      );
      return visibleOf(actor, created);
    },

    /**
     * Creates a task like another one, directly after it, with its open subtasks.
     * @param repeat makes a repeated request get the first result
     * @throws AppError `notFound`; `forbidden`; `conflict` if it has too many
     */
    async duplicateTask(actor: Actor, id: string, repeat?: Repeatable): Promise<ChangedTask> {
      const created = await db.write(
        (tx) =>
          once(tx, repeat, async () => {
            const { rows, change } = await copyTask(tx, actor, id);
            return { ...toVersioned(rows[0] as Row), change };
          }),
        ...(await items.projectsOf(id, actor)),
      );
      return visible(actor, created);
    },

    /**
     * Changes the given fields and leaves the others. Nothing changes if they already have these values.
     * @param repeat makes a repeated request get the first result
     * @throws AppError `notFound`; what the precondition throws
     */
    updateTask: (
      actor: Actor,
      id: string,
      patch: TaskPatch,
      precondition?: Precondition,
      repeat?: Repeatable,
    ): Promise<ChangedTask> => reviseMerged(actor, id, patch, { precondition, repeat }),

    ownFields,

    /**
     * Ticks a box in the notes of a task, as they were in the version that the actor has, or takes the tick away.
     * @throws AppError `preconditionFailed` if the line has changed since
     */
    async tickBox(actor: Actor, id: string, box: number, checked: boolean, seen: number): Promise<ChangedTask> {
      const current = toVersioned(await items.get(db.read, actor, id));
      const outdated = new AppError("preconditionFailed", "The notes have changed. Try again.");
      const notes = await notesAt(actor, current, seen);
      const description = notes && tickBox(notes, box, checked);
      if (description === undefined) throw outdated;
      const assertSeen = (version: number) => {
        if (version !== seen) throw outdated;
      };
      return reviseMerged(actor, id, { description }, { precondition: Object.assign(assertSeen, { seen }) });
    },

    /** Returns the titles of the tasks that texts link to, as far as the actor sees them, by id. */
    async titlesIn(actor: Actor, texts: readonly string[]): Promise<ReadonlyMap<string, string>> {
      const ids = [...new Set(texts.flatMap(tasksLinkedIn))].slice(0, MAX_LINKED);
      if (ids.length === 0) return new Map();
      const found = await items.getAll(db.read, actor, ids);
      return new Map(found.map(({ id, title }) => [id, title]));
    },

    /** Replaces a task: fields left out get their defaults, and it stays in its project. Throws like `updateTask`. */
    replaceTask: (actor: Actor, id: string, input: TaskInput, precondition?: Precondition): Promise<ChangedTask> =>
      reviseMerged(actor, id, { ...TASK_DEFAULTS, ...input }, { precondition }),

    /** Moves a task to the trash. Throws like `updateTask`. */
    deleteTask: (actor: Actor, id: string, precondition?: Precondition, repeat?: Repeatable): Promise<ChangedTask> =>
      revise(actor, id, { deletedAt: new Date().toISOString() }, { precondition, repeat }),

    /** Moves a task above or below the next one in its list. @throws AppError `notFound` */
    async stepTask(actor: Actor, id: string, direction: Direction, repeat?: Repeatable): Promise<ChangedTask> {
      const moved = await db.write(
        (tx) =>
          once(tx, repeat, async () => {
            const before = await items.get(tx, actor, id);
            const places = await plan(tx, actor, [before], (await besides(tx, before, direction)) ?? {});
            const { rows, change } = await items.applyAll(tx, actor, [patchOf(actor, before, {}, places)]);
            return { ...toVersioned(rows[0] ?? before), change };
          }),
        ...(await items.projectsOf(id, actor)),
      );
      return visible(actor, moved);
    },

    /**
     * Applies one action to many tasks, or to none of them.
     * @throws AppError `invalid` for a missing or needless value; `notFound` if one of the tasks does not exist
     */
    async bulk(actor: Actor, input: BulkInput, repeat?: Repeatable): Promise<ChangedTasks> {
      const patch = bulkPatch(input);
      const changed = await db.write(
        (tx) =>
          once(tx, repeat, async () => {
            const found = await items.getEach(tx, actor, input.ids);
            const rows = input.action === "move" ? inOrder(found, input.ids) : found;
            return toChangedTasks(await applyBulk(tx, actor, rows, patch));
          }),
        ...(await items.projectsOfAll(input.ids, actor)),
        ...(await scopesOf(splitTarget(patch)[0])),
      );
      return visibleOf(actor, changed);
    },

    /**
     * Applies one action to every task of a list, the first `MAX_MATCHING` of them. Each batch is written by itself, so
     * that other writes run in between; an interrupted action can be undone like a complete one. Tasks that the actor may
     * only view stay as they are.
     * @param repeat makes a repeated request, which changes nothing more, get the first result
     * @throws AppError `invalid` for a missing or needless value
     */
    async bulkMatching(actor: Actor, query: TaskQuery, input: MatchingInput, repeat?: Repeatable) {
      const patch = bulkPatch(input);
      const scopes = await scopesOf(splitTarget(patch)[0]);
      // The action moves tasks within the list: it starts when the list was read. It leaves out what the actor may only view.
      let isSkipped = false;
      const found: Pick<Task, "id" | "projectId">[] = [];
      for (let cursor: string | undefined; found.length < MAX_MATCHING; ) {
        const { rows, cursorAt } = await list.readRows(actor, { ...query, cursor }, BATCH_SIZE);
        for (const { id, projectId } of rows)
          if (may(actor, "edit", projectId)) found.push({ id, projectId });
          else isSkipped = true;
        const last = rows.at(-1);
        if (!last || rows.length < BATCH_SIZE) break;
        cursor = cursorAt(last);
        await new Promise(setImmediate);
      }
      if (found.length === 0 && isSkipped) throw notAllowed("edit");
      let [changed, change] = [0, undefined as number | undefined];
      const matching = found.slice(0, MAX_MATCHING);
      // Each batch goes above the one before.
      const goesUp = input.action === "move" && !input.parentId && input.before === undefined;
      for await (const batch of inChunks(goesUp ? matching.reverse() : matching, BATCH_SIZE)) {
        const ids = (goesUp ? batch.reverse() : batch).map(({ id }) => id);
        const applied = await db.write(
          async (tx) => applyBulk(tx, actor, inOrder(await items.getAll(tx, actor, ids), ids), patch, change),
          ...batch.map(({ projectId }) => projectId),
          ...scopes,
        );
        changed += applied.changed;
        change = applied.change;
      }
      const result = { changed, change };
      return repeat ? db.write((tx) => once(tx, repeat, async () => result), actor.user.id) : result;
    },

    /**
     * Completes or deletes the open tasks of a section, in the transaction that archives or deletes it.
     * @returns the action, if there was anything to change
     */
    async clearSection(
      tx: Writer,
      actor: Actor,
      { projectId, id }: { readonly projectId: string; readonly id: string },
      how: "complete" | "delete",
    ): Promise<number | undefined> {
      const { tasks } = db.schema;
      const isOpen = and(isNull(tasks.completedAt), isNull(tasks.deletedAt));
      const rows = await tx
        .select()
        .from(tasks)
        .where(and(eq(tasks.projectId, projectId), eq(tasks.sectionId, id), isOpen));
      const patch: Values = how === "complete" ? { completed: true } : { deletedAt: new Date().toISOString() };
      return (
        await items.applyAll(
          tx,
          actor,
          rows.map((row) => [row, patch]),
        )
      ).change;
    },

    /** Returns a task in the trash, or undefined if it is not there. */
    async findDeleted(actor: Actor, id: string): Promise<Task | undefined> {
      const row = (await items.getAny(db.read, actor, [id])).get(id);
      return row?.deletedAt ? toTask(row) : undefined;
    },

    /** Returns the newest change to a task if it is of this kind. */
    async lastChange(actor: Actor, id: string, verb: Verb): Promise<number | undefined> {
      const [newest] = (await changes.listChanges(actor, { task: id, limit: 1 })).items;
      return newest?.verb === verb ? newest.id : undefined;
    },

    /** Returns the username of who made the newest change to a task, unless it was the actor. */
    async lastAuthor(actor: Actor, id: string): Promise<string | undefined> {
      const [newest] = (await changes.listChanges(actor, { task: id, limit: 1 })).items;
      const author = newest?.actorId;
      return author && author !== actor.user.id ? (await projects.namesOf([author])).get(author) : undefined;
    },

    /** Lists the trash, the last deleted first. @throws AppError `invalid` for an unknown cursor */
    listTrash: (actor: Actor, query?: TrashQuery): Promise<TrashPage> => listTrash(projectsOfList(actor), query),

    /**
     * Restores a task from the trash.
     * @throws AppError `notFound` if it is not there
     */
    async restoreTask(actor: Actor, id: string, repeat?: Repeatable): Promise<ChangedTask> {
      return revise(actor, id, { deletedAt: null }, { inTrash: true, repeat });
    },
  };
}

function inOrder(rows: readonly Row[], ids: readonly string[]): Row[] {
  const order = new Map(ids.map((id, index) => [id, index]));
  return rows.toSorted((one, other) => (order.get(one.id) ?? 0) - (order.get(other.id) ?? 0));
}

/** Returns the values of a new task. @throws AppError `invalid` for fields that don't go together */
const valuesOf = (actor: Actor, input: TaskInput) =>
  planDates(NO_DATES, { ...TASK_DEFAULTS, ...input }, actor.timeZone) as Values;

/**
 * Returns the patch of a task for what an actor changes: its dates stay consistent, and completing a repeating task moves
 * it to its next date.
 * @param places the new places of tasks, by id
 * @throws AppError `invalid` for fields that don't go together
 */
function patchOf(actor: Actor, row: Row, fields: object, places: ReadonlyMap<string, Values>): Patched<Row> {
  const planned = planDates(row, fields as TaskPatch, actor.timeZone);
  const place = places.get(row.id);
  if (!planned.completed || row.completedAt !== null) return [row, { ...planned, ...place } as Values];
  const { completed: _, ...others } = planned;
  const done = completion({ ...row, ...others }, actor.timeZone, Temporal.Now.instant());
  return [row, { ...others, ...done, ...place } as Values];
}

/** The fields of which bulk actions need one. */
const VALUES_OF: readonly {
  actions: readonly BulkAction[];
  fields: readonly (keyof Omit<MatchingInput, "action">)[];
}[] = [
  { actions: ["setPriority"], fields: ["priority"] },
  { actions: ["setDueDate"], fields: ["dueDate"] },
  { actions: ["assign"], fields: ["assigneeId"] },
  { actions: ["addLabel", "removeLabel"], fields: ["label"] },
  { actions: ["move"], fields: ["projectId", "sectionId", "parentId", "before", "after"] },
];

/** Returns the fields that a bulk action sets. @throws AppError `invalid` for a missing or needless value */
function bulkPatch({ action, ...values }: MatchingInput) {
  for (const { actions, fields } of VALUES_OF) {
    const field = fields.find((each) => values[each] !== undefined);
    const isOwner = actions.includes(action);
    if (isOwner === (field !== undefined)) continue;
    const name = field ?? fields[0] ?? "priority";
    const { title = "" } = BulkInput.properties[name];
    throw invalid([
      isOwner
        ? { path: `/${name}`, rule: "required", message: `${title} is required for ${action}.` }
        : {
            path: `/${name}`,
            rule: "unknown",
            message: `${title} is only accepted with the action ${actions.join(" or ")}.`,
          },
    ]);
  }
  const { priority: _, dueDate: __, assigneeId: ___, label, ...target } = values;
  const patches: Record<BulkAction, TaskPatch | Target | LabelEdit | { deletedAt: string }> = {
    complete: { completed: true },
    reopen: { completed: false },
    delete: { deletedAt: new Date().toISOString() },
    setPriority: { priority: values.priority },
    setDueDate: { dueDate: values.dueDate },
    assign: { assigneeId: values.assigneeId },
    addLabel: { addLabel: label },
    removeLabel: { removeLabel: label },
    move: target,
  };
  return patches[action];
}

/**
 * Returns a result unless a repeated request got it, and the actor no longer sees the project.
 * @throws AppError `notFound`
 */
function visible<Result extends VersionedTask>(actor: Actor, result: Result): Result {
  if (!isVisible(actor, result)) throw noSuchProject();
  return result;
}

/** Returns a result without the tasks that the actor no longer sees. */
const visibleOf = (actor: Actor, result: ChangedTasks): ChangedTasks => ({
  ...result,
  tasks: result.tasks.filter((each) => isVisible(actor, each)),
});

/** A result that was kept before there were projects names none. */
const isVisible = ({ user, access }: Actor, { task }: VersionedTask) => access.projects.has(task.projectId ?? user.id);

const toVersioned = (row: Row): VersionedTask => ({ task: toTask(row), version: row.version });

const toAffected = (row: Row) => ({ ...toVersioned(row), gone: row.deletedAt !== null });

const toChangedTasks = ({ rows, changed, change }: Applied<Row>): ChangedTasks => ({
  tasks: rows.map(toAffected),
  changed,
  change,
});
