import { and, eq, getTableColumns, gt, inArray, sql } from "drizzle-orm";
import type { Database, Reader, Writer } from "../../db/database.ts";
import { padded, preparedFor, rowsOf } from "../../db/prepared.ts";
import { fold } from "../../text/fold.ts";
import type { Changed } from "../changes/entity.ts";
import { labelsOf, type Row } from "./entity.ts";
import type { Label } from "./model.ts";

/** A label in some projects, with its tasks outside the trash. */
export interface UsedLabel extends Label {
  readonly projects: ReadonlyMap<string, { readonly open: number; readonly completed: number }>;
}

/** The labels of some projects, by key. */
export type UsedLabels = ReadonlyMap<string, UsedLabel>;

/** The labels by which a task is found: none in the trash. */
const indexed = (row: Row | undefined) => (row && row.deletedAt === null ? labelsOf(row) : []);

/** Keeps which tasks have which labels, and how many, so that no request looks through tasks for them. */
export function createLabels({ engine, read, schema: { taskLabels, labelCounts } }: Database) {
  const selects = preparedFor((_: Reader) => new Map<number, ReturnType<typeof prepare>>());
  const prepare = (reader: Reader, size: number) => {
    const ids = Array.from({ length: size }, (_, index) => sql.placeholder(`project${index}`));
    return rowsOf(
      engine,
      getTableColumns(labelCounts),
      reader.select().from(labelCounts).where(inArray(labelCounts.projectId, ids)).prepare(),
    );
  };

  /** Adds differences to the counts. A label without tasks is gone. */
  async function addCounts(tx: Writer, deltas: (typeof labelCounts.$inferInsert)[]) {
    if (deltas.length === 0) return;
    await tx
      .insert(labelCounts)
      .values(deltas)
      .onConflictDoUpdate({
        target: [labelCounts.projectId, labelCounts.labelKey],
        set: {
          label: sql.raw("excluded.label"),
          open: sql.raw("label_counts.open + excluded.open"),
          completed: sql.raw("label_counts.completed + excluded.completed"),
        },
      });
    for (const projectId of new Set(deltas.map((delta) => delta.projectId))) {
      const empty = and(eq(labelCounts.open, 0), eq(labelCounts.completed, 0));
      await tx.delete(labelCounts).where(and(eq(labelCounts.projectId, projectId), empty));
    }
  }

  return {
    /** Applies changes of tasks, in the transaction that makes them. */
    async update(tx: Writer, changes: readonly Changed<Row>[]): Promise<void> {
      const deltas = new Map<string, typeof labelCounts.$inferInsert & { spelled?: true }>();
      const count = (row: Row, label: string, by: 1 | -1) => {
        const { projectId, completedAt } = row;
        const labelKey = fold(label);
        const key = `${projectId} ${labelKey}`;
        const delta = deltas.get(key) ?? { projectId, labelKey, label, open: 0, completed: 0 };
        delta[completedAt === null ? "open" : "completed"] += by;
        // Written in another way.
        if (by === 1 && delta.label !== label) Object.assign(delta, { label, spelled: true });
        deltas.set(key, delta);
      };
      const outdated: Row[] = [];
      const added: (typeof taskLabels.$inferInsert)[] = [];
      for (const { before, after } of changes) {
        if (before === after) continue;
        const [then, since] = [indexed(before), indexed(after)];
        for (const label of then) count(before as Row, label, -1);
        for (const label of since) count(after as Row, label, 1);
        if (before?.projectId === after?.projectId && then.join() === since.join()) continue;
        if (before && then.length > 0) outdated.push(before);
        if (after)
          for (const label of since)
            added.push({ projectId: after.projectId, labelKey: fold(label), taskId: after.id, label });
      }
      for (const [projectId, rows] of Map.groupBy(outdated, (row) => row.projectId)) {
        const ids = rows.map(({ id }) => id);
        await tx.delete(taskLabels).where(and(eq(taskLabels.projectId, projectId), inArray(taskLabels.taskId, ids)));
      }
      if (added.length > 0) await tx.insert(taskLabels).values(added);
      const changed = [...deltas.values()].filter(({ open, completed, spelled }) => open || completed || spelled);
      await addCounts(
        tx,
        changed.map(({ spelled: _, ...delta }) => delta),
      );
    },

    /** Returns the labels that are used in some projects. */
    async read(projectIds: readonly string[], reader: Reader = read): Promise<UsedLabels> {
      const { size, values } = padded("project", projectIds);
      const select = selects(reader).get(size) ?? prepare(reader, size);
      selects(reader).set(size, select);
      const used = new Map<string, { name: string; open: number; completed: number; projects: Map<string, Label> }>();
      for (const { projectId, labelKey, label, open, completed } of await select(values)) {
        const known = used.get(labelKey) ?? { name: label, open: 0, completed: 0, projects: new Map() };
        known.open += open;
        known.completed += completed;
        known.projects.set(projectId, { name: label, open, completed });
        used.set(labelKey, known);
      }
      return used;
    },

    /** Returns the next tasks of a project that have a label, by their ids. @param after the last one so far */
    async tasksWith(projectId: string, labelKey: string, after: string, limit: number): Promise<string[]> {
      const rows = await read
        .select({ id: taskLabels.taskId })
        .from(taskLabels)
        .where(
          and(eq(taskLabels.projectId, projectId), eq(taskLabels.labelKey, labelKey), gt(taskLabels.taskId, after)),
        )
        .orderBy(taskLabels.taskId)
        .limit(limit);
      return rows.map(({ id }) => id);
    },
  };
}
