import { and, eq, inArray, isNull } from "drizzle-orm";
import { inChunks } from "../../chunks.ts";
import type { Database, Writer } from "../../db/database.ts";
import { AppError } from "../../errors.ts";
import type { Patched } from "../changes/entity.ts";
import type { Values } from "../changes/model.ts";
import type { Row } from "./entity.ts";
import { depthOf, MAX_DEPTH, outlineOf } from "./outline.ts";

/** Ids of one query. */
const IDS = 500;

/** A task of an action, with what the action changes. */
interface Entry {
  readonly row: Row;
  readonly patch: Values;
  /**
   * By how many days a repeating task moves that is completed: its subtasks move with it and are open again. Undefined if
   * it is not, or does not repeat.
   */
  readonly days: number | undefined;
}

/**
 * Returns what completes an action with its effects on other tasks, whatever the action is, an undo included. Subtasks
 * share the project and section of their parent, and are completed, deleted and restored with it; when the parent
 * repeats, they are open again. The parents of an open task are open.
 */
export function createTree({ schema: { tasks, sections } }: Database) {
  async function childrenOf(tx: Writer, parents: readonly Row[]): Promise<Row[]> {
    const rows: Row[] = [];
    for (const [projectId, own] of Map.groupBy(parents, (row) => row.projectId))
      for await (const some of inChunks(own, IDS)) {
        const ids = some.map(({ id }) => id);
        const isChild = and(eq(tasks.projectId, projectId), inArray(tasks.parentId, ids));
        rows.push(...(await tx.select().from(tasks).where(isChild)));
      }
    return rows;
  }

  /** Returns the parents of tasks as they are after an action, and theirs, as far as they are not part of it. */
  async function parentsOf(tx: Writer, entries: ReadonlyMap<string, Entry>): Promise<ReadonlyMap<string, Row>> {
    const found = new Map<string, Row>();
    for (let rows = [...entries.values()].map(after); rows.length > 0; ) {
      const ids = new Set(rows.flatMap(({ parentId }) => parentId ?? []));
      const unknown = [...ids].filter((id) => !entries.has(id) && !found.has(id));
      rows = [];
      for await (const some of inChunks(unknown, IDS))
        rows.push(...(await tx.select().from(tasks).where(inArray(tasks.id, some))));
      for (const row of rows) found.set(row.id, row);
    }
    return found;
  }

  /** Returns those of the sections that tasks are in, and that still exist. */
  async function sectionsOf(tx: Writer, rows: readonly Row[]): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (const [projectId, own] of Map.groupBy(rows, (row) => row.projectId)) {
      const ids = [...new Set(own.flatMap(({ sectionId }) => sectionId ?? []))];
      if (ids.length === 0) continue;
      const isActive = and(isNull(sections.deletedAt), isNull(sections.archivedAt));
      const isLive = and(eq(sections.projectId, projectId), inArray(sections.id, ids), isActive);
      for (const { id } of await tx.select({ id: sections.id }).from(sections).where(isLive)) found.add(id);
    }
    return found;
  }

  /** @throws AppError `conflict` if a task would be below itself, or too deep */
  return async function extend(tx: Writer, given: readonly Patched<Row>[]): Promise<readonly Patched<Row>[]> {
    const entries = new Map<string, Entry>();
    for (const [row, patch] of given) if (changesTree(row, patch)) entries.set(row.id, entryOf(row, patch));
    if (entries.size === 0) return given;

    const parents = await parentsOf(tx, entries);
    const stateOf = (id: string | null) => {
      const entry = id === null ? undefined : entries.get(id);
      return entry ? after(entry) : parents.get(id ?? "");
    };
    const levelOf = (row: Row | undefined, level = 0): number => {
      if (level > 2 * MAX_DEPTH) throw tooDeep();
      return row ? levelOf(stateOf(row.parentId), level + 1) : level;
    };
    // From the top down: what is above a task is settled before it.
    const levels = new Map([...entries.values()].map((entry) => [entry, levelOf(after(entry))]));
    const roots = [...levels].toSorted(([, one], [, other]) => one - other).map(([entry]) => entry);
    for (const entry of roots) settleParent(entry, stateOf);
    const live = await sectionsOf(tx, roots.map(after));
    for (const entry of roots) {
      const { parentId, sectionId, completedAt, deletedAt } = after(entry);
      // A task that leaves the list keeps its section.
      if (completedAt !== null || deletedAt !== null) continue;
      const parent = stateOf(parentId);
      if (parent && parent.sectionId !== sectionId) entry.patch.sectionId = parent.sectionId;
      else if (!parent && sectionId !== null && !live.has(sectionId)) entry.patch.sectionId = null;
    }
    for (const entry of roots) reopenParents(after(entry), entries, parents);

    for (let level = roots; level.length > 0; ) {
      const rows = level.map(({ row }) => row);
      level = (await childrenOf(tx, rows)).flatMap((child) => {
        const [parent, own] = [entries.get(child.parentId ?? ""), entries.get(child.id)];
        if (!parent || (own && after(own).parentId !== child.parentId)) return [];
        const entry = { row: child, patch: { ...inherited(child, parent), ...own?.patch }, days: parent.days };
        entries.set(child.id, entry);
        return [entry];
      });
    }

    const outlines = new Map<string, string>();
    const outlineIn = (row: Row, level = 0): string => {
      if (!entries.has(row.id)) return row.outline;
      const parent = stateOf(row.parentId);
      const known = outlines.get(row.id);
      if (known !== undefined || level > MAX_DEPTH) return known ?? row.outline;
      const outline = outlineOf(parent ? outlineIn(parent, level + 1) : null, row.position, row.id);
      outlines.set(row.id, outline);
      return outline;
    };
    for (const entry of entries.values()) {
      const row = after(entry);
      if (levelOf(row) > MAX_DEPTH + 1 || depthOf(outlineIn(row)) > MAX_DEPTH) throw tooDeep();
      if (outlineIn(row) === row.outline) continue;
      // Nothing else of a subtask may change: its outline is not recorded.
      if (Object.keys(entry.patch).length > 0) entry.patch.outline = outlineIn(row);
      else
        await tx
          .update(tasks)
          .set({ outline: outlineIn(row) })
          .where(and(eq(tasks.projectId, row.projectId), eq(tasks.id, row.id)));
    }
    const all = given.map(([row, patch]) => [row, entries.get(row.id)?.patch ?? patch] as const);
    for (const [row] of given) entries.delete(row.id);
    const more = [...entries.values()].filter(({ patch }) => Object.keys(patch).length > 0);
    return [...all, ...more.map(({ row, patch }) => [row, patch] as const)];
  };
}

const tooDeep = () =>
  new AppError(
    "conflict",
    `A task can't be below itself, nor more than ${MAX_DEPTH} levels deep. Nothing was changed.`,
  );

/** Returns whether a patch can have an effect on other tasks, or on the place in the outline. */
function changesTree(row: Row, patch: Values): boolean {
  const next = after({ row, patch });
  return (
    (["projectId", "sectionId", "parentId", "position"] as const).some((name) => next[name] !== row[name]) ||
    (next.completedAt === null) !== (row.completedAt === null) ||
    (next.deletedAt === null) !== (row.deletedAt === null) ||
    daysMoved(row, patch) !== undefined
  );
}

/** Returns by how many days a patch moves a repeating task that it completes; undefined if it does not. */
function daysMoved(row: Row, { lastCompletedAt, completed, dueDate }: Values): number | undefined {
  const isCompleted =
    typeof lastCompletedAt === "string" && !completed && Date.parse(lastCompletedAt) > Number(row.lastCompletedAt);
  if (!isCompleted) return undefined;
  return row.dueDate && typeof dueDate === "string" ? Temporal.PlainDate.from(row.dueDate).until(dueDate).days : 0;
}

const entryOf = (row: Row, patch: Values): Entry => ({ row, patch: { ...patch }, days: daysMoved(row, patch) });

/** Returns a row with what a patch does to its place and state. */
function after({ row, patch }: Pick<Entry, "row" | "patch">): Row {
  const completed = patch.completedAt === undefined ? patch.completed : patch.completedAt !== null;
  const stateAfter = (isSet: unknown, time: Date | null) =>
    isSet === undefined ? time : isSet ? (time ?? new Date()) : null;
  const place = Object.fromEntries(
    ["projectId", "sectionId", "parentId", "position"].flatMap((name) =>
      patch[name] === undefined ? [] : [[name, patch[name]]],
    ),
  );
  return {
    ...row,
    ...place,
    completedAt: stateAfter(completed, row.completedAt),
    deletedAt: stateAfter(patch.deletedAt === undefined ? undefined : patch.deletedAt !== null, row.deletedAt),
  };
}

/** Moves a task out of a parent that is gone: in the trash, or in another project. */
function settleParent(entry: Entry, stateOf: (id: string | null) => Row | undefined) {
  const { parentId, projectId, deletedAt } = after(entry);
  if (deletedAt !== null || parentId === null) return;
  const parent = stateOf(parentId);
  if (!parent || parent.deletedAt !== null || parent.projectId !== projectId) entry.patch.parentId = null;
}

function reopenParents(row: Row, entries: Map<string, Entry>, parents: ReadonlyMap<string, Row>) {
  if (row.completedAt !== null || row.deletedAt !== null || row.parentId === null) return;
  const known = parents.get(row.parentId);
  const entry = entries.get(row.parentId) ?? (known && entryOf(known, {}));
  if (!entry) return;
  const parent = after(entry);
  if (parent.completedAt !== null) {
    entry.patch.completed = false;
    entries.set(parent.id, entry);
  }
  reopenParents(after(entry), entries, parents);
}

/** Returns what changes in a subtask with its parent. */
function inherited(child: Row, { row, patch, days }: Entry): Values {
  const parent = after({ row, patch });
  const own: Values = {};
  if (parent.deletedAt !== null && row.deletedAt === null && child.deletedAt === null)
    own.deletedAt = patch.deletedAt ?? null;
  // Only what was deleted with the parent is restored with it.
  const wasDeleted = row.deletedAt !== null && child.deletedAt?.getTime() === row.deletedAt.getTime();
  if (parent.deletedAt === null && wasDeleted) own.deletedAt = null;
  if (child.deletedAt !== null && !wasDeleted) return own;
  if (parent.completedAt !== null && row.completedAt === null && child.completedAt === null) own.completed = true;
  if (days !== undefined) {
    if (child.completedAt !== null) own.completed = false;
    for (const name of child.repeat === null ? (["dueDate", "startDate"] as const) : [])
      if (child[name] !== null) own[name] = Temporal.PlainDate.from(child[name]).add({ days }).toString();
  }
  if (parent.projectId !== child.projectId) own.projectId = parent.projectId;
  if (parent.sectionId !== child.sectionId) own.sectionId = parent.sectionId;
  return own;
}
