import { and, eq } from "drizzle-orm";
import { inChunks } from "../../chunks.ts";
import type { Database, Writer } from "../../db/database.ts";
import { invalid } from "../../validation/check.ts";
import type { Changed } from "../changes/entity.ts";
import type { Items } from "../changes/items.ts";
import type { Origin } from "../changes/record.ts";
import type { People } from "../projects/people.ts";
import type { Row } from "./entity.ts";

/** Returns the rules of assignees: each is a member of the project that the task is in. */
export function createAssignees({ schema: { tasks } }: Database, { membersAmong }: Pick<People, "membersAmong">) {
  return {
    /** Removes assignees who are not members of the project, such as after a move, or an undo of long ago. */
    async amend(tx: Writer, changes: readonly Changed<Row>[]): Promise<(Partial<Row> | undefined)[]> {
      const isNew = ({ before, after }: Changed<Row>) =>
        before?.projectId !== after?.projectId || before?.assigneeId !== after?.assigneeId;
      const assigned = changes.flatMap((change) => (change.after?.assigneeId && isNew(change) ? [change.after] : []));
      const members = new Map<string, ReadonlySet<string>>();
      for (const [projectId, rows] of Map.groupBy(assigned, (row) => row.projectId)) {
        const ids = [...new Set(rows.map(({ assigneeId }) => assigneeId ?? ""))];
        members.set(projectId, await membersAmong(tx, projectId, ids));
      }
      return changes.map(({ after }) => {
        const known = after && assigned.includes(after) ? members.get(after.projectId) : undefined;
        return known && !known.has(after?.assigneeId ?? "") ? { assigneeId: null } : undefined;
      });
    },

    /** Clears the assignee of the tasks of a project that a former member was to do, as one action. */
    async unassign(tx: Writer, origin: Origin, items: Items<Row>, projectId: string, accountId: string): Promise<void> {
      const rows = await tx
        .select()
        .from(tasks)
        .where(and(eq(tasks.projectId, projectId), eq(tasks.assigneeId, accountId)));
      let action: number | undefined;
      for await (const chunk of inChunks(rows))
        action = (
          await items.applyAll(
            tx,
            origin,
            chunk.map((row) => [row, { assigneeId: null }]),
            { action },
          )
        ).change;
    },
  };
}

/** Checks that tasks got the assignee that they were to get. @throws AppError `invalid` if that is not a member */
export function assertAssigned(wanted: string | null | undefined, rows: readonly Pick<Row, "assigneeId">[]): void {
  if (wanted && rows.some(({ assigneeId }) => assigneeId !== wanted))
    throw invalid([
      { path: "/assigneeId", rule: "member", message: "Assignee must be a member of the project of the task." },
    ]);
}
