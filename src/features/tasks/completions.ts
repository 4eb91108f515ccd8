import { and, desc, eq, gte, isNull, lt } from "drizzle-orm";
import type { Database, Writer } from "../../db/database.ts";
import type { Changed } from "../changes/entity.ts";
import { type Row, toTask } from "./entity.ts";
import type { Task } from "./model.ts";

/** The most completions that a page of completed tasks shows between its tasks. */
const MAX_SHOWN = 500;

/** A completion of a repeating task, which is open again. */
export interface Completion {
  readonly task: Task;
  /** RFC 3339, UTC. */
  readonly at: string;
}

/** Keeps each completion of the tasks that repeat: the task itself says only when it was completed last. */
export function createCompletions({ read, schema: { completions, tasks } }: Database) {
  const of = ({ projectId, id }: Row) => and(eq(completions.projectId, projectId), eq(completions.taskId, id));

  return {
    /** Applies changes of tasks, in the transaction that makes them. An undo takes the last completion back. */
    async update(tx: Writer, changes: readonly Changed<Row>[]): Promise<void> {
      for (const { before, after } of changes) {
        const [then, since] = [before?.lastCompletedAt?.getTime() ?? 0, after?.lastCompletedAt?.getTime() ?? 0];
        if (before && !after && then > 0) await tx.delete(completions).where(of(before));
        if (!after) continue;
        if (before && then > 0 && before.projectId !== after.projectId)
          await tx.update(completions).set({ projectId: after.projectId }).where(of(before));
        const { projectId, id: taskId } = after;
        if (since > then)
          await tx
            .insert(completions)
            .values({ projectId, taskId, completedAt: new Date(since) })
            .onConflictDoNothing();
        else if (since < then)
          await tx.delete(completions).where(and(of(after), gte(completions.completedAt, new Date(since + 1))));
      }
    },

    /** Returns the newest completions in some projects of tasks outside the trash, from a time on and before another. */
    async listCompletions(projectIds: readonly string[], from: Date | undefined, to: Date | undefined) {
      const found: Completion[] = [];
      for (const projectId of projectIds) {
        const rows = await read
          .select({ task: tasks, at: completions.completedAt })
          .from(completions)
          .innerJoin(tasks, and(eq(tasks.projectId, completions.projectId), eq(tasks.id, completions.taskId)))
          .where(
            and(
              eq(completions.projectId, projectId),
              from && gte(completions.completedAt, from),
              to && lt(completions.completedAt, to),
              isNull(tasks.deletedAt),
            ),
          )
          .orderBy(desc(completions.completedAt), desc(completions.taskId))
          .limit(MAX_SHOWN);
        found.push(...rows.map(({ task, at }) => ({ task: toTask(task), at: at.toISOString() })));
      }
      return found.sort((one, other) => (one.at < other.at ? 1 : -1)).slice(0, MAX_SHOWN);
    },
  };
}
