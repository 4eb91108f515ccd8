import { and, asc, desc, eq, gt, inArray, isNull, lt, sql } from "drizzle-orm";
import type { Actor } from "../../actor.ts";
import type { Database, Writer } from "../../db/database.ts";
import { preparedFor } from "../../db/prepared.ts";
import { invalid } from "../../validation/check.ts";
import { isId } from "../../validation/ids.ts";
import type { Values } from "../changes/model.ts";
import type { Row } from "./entity.ts";
import {
  depthOf,
  endOf,
  MAX_DEPTH,
  newPositions,
  outlineOf,
  positionIn,
  positionsBetween,
  prefixOf,
  siblingIn,
} from "./outline.ts";

/** Where tasks are to go. What is left out follows from the rest. */
export interface Target {
  readonly projectId?: string | undefined;
  readonly sectionId?: string | null | undefined;
  readonly parentId?: string | null | undefined;
  /** The task that they go directly before, or after. */
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

const TARGET = ["projectId", "sectionId", "parentId", "before", "after"] as const;

/** Splits what a patch changes into the place of a task and its other fields. */
export function splitTarget<Patch extends object>(patch: Patch): [Target, Omit<Patch, (typeof TARGET)[number]>] {
  const isPlace = ([name]: [string, unknown]) => (TARGET as readonly string[]).includes(name);
  const [place = [], fields = []] = [true, false].map((wanted) =>
    Object.entries(patch).filter((entry) => isPlace(entry) === wanted),
  );
  return [Object.fromEntries(place), Object.fromEntries(fields) as never];
}

/** The tasks below one parent, or at the top of one section. */
interface Place {
  readonly projectId: string;
  readonly sectionId: string | null;
  readonly parent: Row | null;
}

/** Towards the start of a list, or its end. */
export type Direction = "up" | "down";

/** Finds places in the manual order. Each position is computed in the transaction that holds the lock of the project. */
export function createPlacement(db: Database) {
  const { tasks, sections } = db.schema;
  /** The first outline between two others, from one end or the other. An index has them in order. */
  const seeks = preparedFor((tx: Writer) => {
    const prepare = (inSection: boolean, direction: Direction) => {
      const [low, high] = [sql`${sql.placeholder("low")}`, sql`${sql.placeholder("high")}`];
      const by = direction === "down" ? asc : desc;
      return tx
        .select({ outline: tasks.outline })
        .from(tasks)
        .where(
          and(
            eq(tasks.projectId, sql.placeholder("projectId")),
            inSection ? eq(tasks.sectionId, sql.placeholder("sectionId")) : isNull(tasks.sectionId),
            isNull(tasks.completedAt),
            isNull(tasks.deletedAt),
            gt(tasks.outline, low),
            lt(tasks.outline, high),
          ),
        )
        .orderBy(by(tasks.sectionId), by(tasks.outline), by(tasks.id))
        .limit(1)
        .prepare();
    };
    return {
      section: { up: prepare(true, "up"), down: prepare(true, "down") },
      top: { up: prepare(false, "up"), down: prepare(false, "down") },
    };
  });

  const sectionIs = (id: string | null) => (id === null ? isNull(tasks.sectionId) : eq(tasks.sectionId, id));

  /** Returns the outlines that a place contains: from the first, and before the second. */
  const boundsOf = ({ parent }: Place) =>
    parent ? { low: prefixOf(parent.outline), high: endOf(parent.outline) } : { low: "", high: "~" };

  /** Returns the outline of the next task of a place that does not move. */
  async function neighbor(tx: Writer, place: Place, from: string, direction: Direction, moving: ReadonlySet<string>) {
    const { projectId, sectionId } = place;
    const { low, high } = boundsOf(place);
    const seek = seeks(tx)[sectionId === null ? "top" : "section"][direction];
    for (let edge = from; ; ) {
      const range = direction === "down" ? { low: edge, high } : { low, high: edge };
      const [found] = await seek.execute({ projectId, sectionId, ...range });
      if (!found) return null;
      const sibling = siblingIn(low, found.outline);
      if (!moving.has(sibling)) return sibling;
      edge = direction === "down" ? endOf(sibling) : sibling;
    }
  }

  /** Gives the tasks of a place new positions, with the subtasks, but for those that move. @returns the new outlines */
  async function rebalance(
    tx: Writer,
    place: Place,
    moving: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, string>> {
    const { low, high } = boundsOf(place);
    const { projectId, sectionId } = place;
    const rows = await tx
      .select({ id: tasks.id, outline: tasks.outline })
      .from(tasks)
      .where(
        and(
          eq(tasks.projectId, projectId),
          sectionIs(sectionId),
          isNull(tasks.completedAt),
          isNull(tasks.deletedAt),
          gt(tasks.outline, low),
          lt(tasks.outline, high),
        ),
      )
      .orderBy(asc(tasks.sectionId), asc(tasks.outline), asc(tasks.id));
    const bySibling = Map.groupBy(rows, ({ outline }) => siblingIn(low, outline));
    for (const outline of moving) bySibling.delete(outline);
    const positions = newPositions(bySibling.size);
    const renewed = new Map<string, string>();
    for (const [index, [sibling, subtree]] of [...bySibling].entries()) {
      const position = positions[index] ?? "";
      const root = `${low}${position}${sibling.slice(sibling.lastIndexOf("-"))}`;
      renewed.set(sibling, root);
      for (const { id, outline } of subtree)
        await tx
          .update(tasks)
          .set({ outline: root + outline.slice(sibling.length), ...(outline === sibling && { position }) })
          .where(and(eq(tasks.projectId, projectId), eq(tasks.id, id)));
    }
    return renewed;
  }

  /** Returns the tasks on both sides of a place in a list: at the top of a section, or below the other subtasks. */
  async function neighbors(tx: Writer, place: Place, anchor: Anchor | undefined, moving: ReadonlySet<string>) {
    const { low, high } = boundsOf(place);
    if (anchor) {
      const { outline } = anchor.row;
      const isBefore = anchor.side === "before";
      const from = isBefore ? outline : endOf(outline);
      const other = await neighbor(tx, place, from, isBefore ? "up" : "down", moving);
      return isBefore ? { before: other, after: outline } : { before: outline, after: other };
    }
    if (place.parent) return { before: await neighbor(tx, place, high, "up", moving), after: null };
    return { before: null, after: await neighbor(tx, place, low, "down", moving) };
  }

  /** Returns the positions of tasks that go to a place, and what it is between. */
  async function positionsIn(
    tx: Writer,
    place: Place,
    anchor: Anchor | undefined,
    count: number,
    moving: ReadonlySet<string> = new Set(),
  ) {
    const between = await neighbors(tx, place, anchor, moving);
    const positionOf = (outline: string | null) => (outline === null ? null : positionIn(outline));
    const limits = { before: positionOf(between.before), after: positionOf(between.after) };
    const positions = positionsBetween(limits.before, limits.after, count);
    if (positions) return { positions, limits };
    const renewed = await rebalance(tx, place, moving);
    const renewedOf = (outline: string | null) =>
      positionOf(outline === null ? null : (renewed.get(outline) ?? outline));
    const [before, after] = [renewedOf(between.before), renewedOf(between.after)];
    return { positions: positionsBetween(before, after, count) ?? newPositions(count), limits: undefined };
  }

  /** Returns a task that the actor sees. @throws AppError `invalid` naming the field */
  async function taskIn(
    tx: Writer,
    { access }: Actor,
    name: "parentId" | "before" | "after",
    id: string,
  ): Promise<Row> {
    const [row] = isId(id) ? await tx.select().from(tasks).where(eq(tasks.id, id)) : [];
    if (!row || row.deletedAt || access.projects.get(row.projectId)?.deleted !== false)
      throw wrong(name, "exists", "There is no such task.");
    if (row.completedAt !== null) throw wrong(name, "open", "This task is completed. Reopen it first.");
    return row;
  }

  async function parentOf(tx: Writer, row: Row): Promise<Row | null> {
    if (row.parentId === null) return null;
    const [parent] = await tx
      .select()
      .from(tasks)
      .where(and(eq(tasks.projectId, row.projectId), eq(tasks.id, row.parentId)));
    return parent ?? null;
  }

  /** Returns the project of a section. @throws AppError `invalid` */
  async function projectOfSection(tx: Writer, { access }: Actor, id: string): Promise<string> {
    const [row] = isId(id) ? await tx.select().from(sections).where(eq(sections.id, id)) : [];
    if (!row || row.deletedAt || row.archivedAt || access.projects.get(row.projectId)?.deleted !== false)
      throw wrong("sectionId", "exists", "There is no such section.");
    return row.projectId;
  }

  /**
   * Returns where tasks go; undefined if they stay.
   * @param from where the tasks are; undefined for new ones
   * @throws AppError `invalid`
   */
  async function placeOf(tx: Writer, actor: Actor, target: Target, from: Row | undefined): Promise<Found | undefined> {
    const { projectId, sectionId, parentId, before, after } = target;
    if (before !== undefined && after !== undefined)
      throw wrong("after", "either", "Before and After can't be used together.");
    const name = before === undefined ? "after" : "before";
    const row =
      before === undefined && after === undefined ? undefined : await taskIn(tx, actor, name, before ?? after ?? "");
    const anchor = row && ({ row, side: name } as const);
    const parent = row ? await parentOf(tx, row) : parentId ? await taskIn(tx, actor, "parentId", parentId) : null;
    const around = row ?? parent;
    if (around) {
      if (projectId !== undefined && projectId !== around.projectId)
        throw wrong("projectId", "matches", "The project is another one than that of the task it goes to.");
      if (sectionId !== undefined && sectionId !== around.sectionId)
        throw wrong("sectionId", "matches", "The section is another one than that of the task it goes to.");
      if (row && parentId !== undefined && parentId !== row.parentId)
        throw wrong("parentId", "matches", "The parent is another one than that of the task it goes to.");
      return { place: { projectId: around.projectId, sectionId: around.sectionId, parent }, anchor };
    }
    if (sectionId) {
      const own = await projectOfSection(tx, actor, sectionId);
      if (projectId !== undefined && projectId !== own)
        throw wrong("sectionId", "matches", "The section is in another project.");
      return { place: { projectId: own, sectionId, parent: null } };
    }
    if (!from) return { place: { projectId: projectId ?? actor.user.id, sectionId: null, parent: null } };
    if (projectId !== undefined && projectId !== from.projectId)
      return { place: { projectId, sectionId: null, parent: null } };
    const moves = (parentId === null && from.parentId !== null) || (sectionId === null && from.sectionId !== null);
    const section = sectionId === null ? null : from.sectionId;
    return moves ? { place: { projectId: from.projectId, sectionId: section, parent: null } } : undefined;
  }

  return {
    /** Returns the projects that a move to a place writes to, besides those of the tasks that move. */
    async scopesOf({ projectId, sectionId, parentId, before, after }: Target): Promise<string[]> {
      const ids = [parentId, before, after].filter((id) => typeof id === "string" && isId(id));
      const [ofTasks, ofSections] = await Promise.all([
        ids.length === 0
          ? []
          : db.read
              .select({ projectId: tasks.projectId })
              .from(tasks)
              .where(inArray(tasks.id, ids as string[])),
        sectionId && isId(sectionId)
          ? db.read.select({ projectId: sections.projectId }).from(sections).where(eq(sections.id, sectionId))
          : [],
      ]);
      const found = [...ofTasks, ...ofSections].map((row) => row.projectId);
      return projectId === undefined ? found : [...found, projectId];
    },

    /** Returns the place above or below a task in its list; undefined if it is the first or the last. */
    async besides(tx: Writer, row: Row, direction: Direction): Promise<Target | undefined> {
      const place = { projectId: row.projectId, sectionId: row.sectionId, parent: await parentOf(tx, row) };
      const from = direction === "up" ? row.outline : endOf(row.outline);
      const outline = await neighbor(tx, place, from, direction, new Set());
      if (outline === null) return undefined;
      const [found] = await tx
        .select({ id: tasks.id })
        .from(tasks)
        .where(and(eq(tasks.projectId, row.projectId), sectionIs(row.sectionId), eq(tasks.outline, outline)));
      return found && (direction === "up" ? { before: found.id } : { after: found.id });
    },

    /**
     * Returns where new tasks go, in this order: the fields of each, with its id.
     * @throws AppError `invalid`
     */
    async placeNew(tx: Writer, actor: Actor, target: Target, ids: readonly string[]): Promise<Values[]> {
      const { place, anchor } = (await placeOf(tx, actor, target, undefined)) as Found;
      const { projectId, sectionId, parent } = place;
      assertDepth(parent);
      const { positions } = await positionsIn(tx, place, anchor, ids.length);
      return ids.map((id, index) => {
        const position = positions[index] ?? "";
        const outline = outlineOf(parent?.outline ?? null, position, id);
        return { projectId, sectionId, parentId: parent?.id ?? null, position, outline };
      });
    },

    /**
     * Returns the fields that move tasks to a place, in this order; nothing for a task that stays where it is. Subtasks go
     * with their parent.
     * @throws AppError `invalid`
     */
    async plan(tx: Writer, actor: Actor, rows: readonly Row[], target: Target): Promise<ReadonlyMap<string, Values>> {
      const patches = new Map<string, Values>();
      if (TARGET.every((name) => target[name] === undefined)) return patches;
      const isBelow = (row: Row) =>
        rows.some((each) => each.projectId === row.projectId && row.outline.startsWith(prefixOf(each.outline)));
      const groups = new Map<string, { place: Place; anchor?: Anchor | undefined; rows: Row[] }>();
      for (const row of rows) {
        if (isBelow(row)) continue;
        const found = await placeOf(tx, actor, target, row);
        if (!found) continue;
        const { place, anchor } = found;
        const above = anchor?.row ?? place.parent;
        if (above && (above.id === row.id || above.outline.startsWith(prefixOf(row.outline))))
          throw wrong(anchor?.side ?? "parentId", "below", "A task can't be moved below itself or beside itself.");
        const key = `${place.projectId} ${place.sectionId}`;
        const group = groups.get(key) ?? { place, anchor, rows: [] };
        group.rows.push(row);
        groups.set(key, group);
      }
      for (const { place, anchor, rows: moved } of groups.values()) {
        assertDepth(place.parent);
        const { projectId, sectionId, parent } = place;
        const parentId = parent?.id ?? null;
        const own = moved.filter(
          (row) => row.projectId === projectId && row.sectionId === sectionId && row.parentId === parentId,
        );
        // Without a sibling, a task that is in its section or below its parent already stays.
        const moving = anchor ? moved : moved.filter((row) => !own.includes(row));
        if (moving.length === 0) continue;
        const leaving = new Set(anchor ? own.map(({ outline }) => outline) : []);
        const { positions, limits } = await positionsIn(tx, place, anchor, moving.length, leaving);
        if (limits && own.length === moving.length) {
          const order = [limits.before, ...own.map(({ position }) => position), limits.after];
          const known = order.filter((each) => each !== null);
          if (known.every((each, index) => index === 0 || (known[index - 1] ?? "") < each)) continue;
        }
        for (const [index, { id }] of moving.entries())
          patches.set(id, { projectId, sectionId, parentId, position: positions[index] ?? "" });
      }
      return patches;
    },
  };
}

interface Found {
  readonly place: Place;
  readonly anchor?: Anchor | undefined;
}

interface Anchor {
  readonly row: Row;
  readonly side: "before" | "after";
}

/** @throws AppError `invalid` for a parent that can't have subtasks */
function assertDepth(parent: Row | null) {
  if (parent && depthOf(parent.outline) >= MAX_DEPTH)
    throw wrong("parentId", "depth", `A task can have ${MAX_DEPTH} levels of subtasks.`);
}

const wrong = (name: string, rule: string, message: string) => invalid([{ path: `/${name}`, rule, message }]);
