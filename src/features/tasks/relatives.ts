import { and, eq, inArray, isNull, or, sql } from "drizzle-orm";
import type { Database } from "../../db/database.ts";
import { type Row, toTask } from "./entity.ts";
import type { Task } from "./model.ts";
import { depthOf } from "./outline.ts";

/** What a row says about the tasks above and below its own. */
export interface Relatives {
  /** How many parents are above it. */
  readonly level: number;
  /** The title of its parent. */
  readonly parent?: string | undefined;
  /** How many of its direct subtasks are completed. */
  readonly progress?: { readonly completed: number; readonly all: number } | undefined;
}

/** Reads what is shown of the parents and subtasks of tasks that the actor sees. */
export function createRelatives({ read, schema: { tasks } }: Database) {
  const { id, projectId, parentId, title, outline, completedAt, deletedAt } = tasks;

  return {
    /** Returns what rows say about other tasks, by id. */
    async relativesOf(all: readonly Task[]): Promise<ReadonlyMap<string, Relatives>> {
      if (all.length === 0) return new Map();
      const within = [...Map.groupBy(all, (task) => task.projectId)].map(([project, own]) =>
        and(
          eq(projectId, project),
          inArray(
            parentId,
            own.map((task) => task.id),
          ),
        ),
      );
      const parentIds = [...new Set(all.flatMap((task) => task.parentId ?? []))];
      const [counts, parents] = await Promise.all([
        read
          .select({
            parentId,
            all: sql<number>`count(*)`.mapWith(Number),
            completed: sql<number>`count(${completedAt})`.mapWith(Number),
          })
          .from(tasks)
          .where(and(or(...within), isNull(deletedAt)))
          .groupBy(parentId),
        parentIds.length === 0 ? [] : read.select({ id, title, outline }).from(tasks).where(inArray(id, parentIds)),
      ]);
      const progressOf = new Map(counts.map(({ parentId: of, ...progress }) => [of, progress]));
      const parentOf = new Map(parents.map((parent) => [parent.id, parent]));
      return new Map(
        all.map((task) => {
          const parent = parentOf.get(task.parentId ?? "");
          const level = parent ? depthOf(parent.outline) + 1 : 0;
          return [task.id, { level, parent: parent?.title, progress: progressOf.get(task.id) }];
        }),
      );
    },

    /** Returns the parent of a task, and its direct subtasks: the open ones in their order, then the completed ones. */
    async familyOf(task: Task): Promise<{ parent: Task | undefined; subtasks: Task[] }> {
      const [above, below] = await Promise.all([
        task.parentId === null ? [] : read.select().from(tasks).where(eq(id, task.parentId)),
        read
          .select()
          .from(tasks)
          .where(and(eq(projectId, task.projectId), eq(parentId, task.id), isNull(deletedAt))),
      ]);
      const key = (row: Row) => `${row.completedAt === null ? 0 : 1} ${row.outline}`;
      const [parent] = above.filter((row) => row.deletedAt === null);
      const sorted = below.toSorted((one, other) => (key(one) < key(other) ? -1 : 1));
      return { parent: parent && toTask(parent), subtasks: sorted.map(toTask) };
    },

    /** Returns the ids of the parents of tasks, in the trash or not. */
    async parentsOf(ids: readonly string[]): Promise<string[]> {
      if (ids.length === 0) return [];
      const rows = await read
        .selectDistinct({ parentId })
        .from(tasks)
        .where(inArray(id, [...ids]));
      return rows.flatMap((row) => row.parentId ?? []);
    },
  };
}
