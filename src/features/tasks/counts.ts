import { eq, getTableColumns, inArray, sql } from "drizzle-orm";
import type { Database, Writer } from "../../db/database.ts";
import { padded, preparedFor, rowsOf } from "../../db/prepared.ts";
import type { Changed } from "../changes/entity.ts";
import type { Row } from "./entity.ts";
import { PRIORITIES, type Priority } from "./model.ts";

const KINDS = ["open", "completed", "deleted"] as const;

/** How many tasks there are; those in the trash count only as deleted. */
export type Counts = Record<(typeof KINDS)[number], number>;

const kindOf = ({ deletedAt, completedAt }: Row) =>
  deletedAt !== null ? "deleted" : completedAt !== null ? "completed" : "open";

export const addCounts = (all: readonly Counts[]): Counts => {
  const total = { open: 0, completed: 0, deleted: 0 };
  for (const counts of all) for (const kind of KINDS) total[kind] += counts[kind];
  return total;
};

/** The counts of some projects, by project and priority. */
export type CountsByProject = ReadonlyMap<string, Readonly<Record<Priority, Counts>>>;

/** Keeps how many tasks a project has, so that no request counts them. */
export function createTaskCounts({ engine, read, schema: { taskCounts } }: Database) {
  const add = preparedFor((tx: Writer) =>
    tx
      .insert(taskCounts)
      .values({
        projectId: sql.placeholder("projectId"),
        priority: sql`${sql.placeholder("priority")}`,
        open: sql`${sql.placeholder("open")}`,
        completed: sql`${sql.placeholder("completed")}`,
        deleted: sql`${sql.placeholder("deleted")}`,
      })
      .onConflictDoUpdate({
        target: [taskCounts.projectId, taskCounts.priority],
        set: Object.fromEntries(KINDS.map((kind) => [kind, sql.raw(`task_counts.${kind} + excluded.${kind}`)])),
      })
      .prepare(),
  );
  const selects = new Map<number, ReturnType<typeof prepare>>();
  const prepare = (size: number) => {
    const ids = Array.from({ length: size }, (_, index) => sql.placeholder(`project${index}`));
    return rowsOf(
      engine,
      getTableColumns(taskCounts),
      read
        .select()
        .from(taskCounts)
        .where(size === 1 ? eq(taskCounts.projectId, sql.placeholder("project0")) : inArray(taskCounts.projectId, ids))
        .prepare(),
    );
  };

  return {
    /** Applies changes to the counts, in the transaction that makes them. */
    async update(tx: Writer, changes: readonly Changed<Row>[]): Promise<void> {
      const deltas = new Map<string, Counts & { projectId: string; priority: Priority }>();
      const count = (row: Row | undefined, by: 1 | -1) => {
        if (!row) return;
        const { projectId, priority } = row;
        const delta = deltas.get(`${projectId} ${priority}`) ?? { projectId, priority, ...addCounts([]) };
        delta[kindOf(row)] += by;
        deltas.set(`${projectId} ${priority}`, delta);
      };
      for (const { before, after } of changes) {
        count(before, -1);
        count(after, 1);
      }
      for (const delta of deltas.values())
        if (KINDS.some((kind) => delta[kind] !== 0)) await add(tx).execute({ ...delta });
    },

    /** Returns the counts of each project that has had tasks. */
    async read(projectIds: readonly string[]): Promise<CountsByProject> {
      const { size, values } = padded("project", projectIds);
      const select = selects.get(size) ?? prepare(size);
      selects.set(size, select);
      const rows = await select(values);
      return new Map(
        [...Map.groupBy(rows, ({ projectId }) => projectId)].map(([projectId, own]) => {
          const entries = PRIORITIES.map((priority) => [
            priority,
            addCounts(own.filter((row) => row.priority === priority)),
          ]);
          return [projectId, Object.fromEntries(entries) as Record<Priority, Counts>];
        }),
      );
    },
  };
}
