import { and, eq, getTableColumns, inArray, isNull, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { Actor } from "../../actor.ts";
import { inChunks } from "../../chunks.ts";
import type { Database, Reader, Writer } from "../../db/database.ts";
import { insertInto, preparedFor, rowsOf, updateIn } from "../../db/prepared.ts";
import { AppError } from "../../errors.ts";
import { isId } from "../../validation/ids.ts";
import {
  columnsOf,
  type Entity,
  type EntityRow,
  isOthers,
  isSame,
  type Patched,
  projectOf,
  valuesOf,
  verbOf,
} from "./entity.ts";
import type { EntityName, Values } from "./model.ts";
import { type Entry, type Origin, originOf, type RecordAction } from "./record.ts";

/** Decides from an item's version whether a change may go ahead. @throws AppError `preconditionFailed` */
export interface Precondition {
  (version: number): void;
  /** The version that the client has, if it names one: an edit of it can be reconciled with what has changed since. */
  readonly seen?: number | undefined;
}

/** An item after an action, and the change that takes the action back; none if nothing has changed. */
export interface Revised<Row> {
  readonly row: Row;
  readonly change: number | undefined;
}

/**
 * Checks that an actor may do something in projects, in the transaction that does it.
 * @throws AppError `notFound`; `forbidden`; `conflict` if a project is in the trash
 */
export type AssertMay = (
  reader: Reader,
  actor: Actor,
  permission: "edit" | "manage",
  projectIds: Iterable<string>,
  options?: { readonly inTrash?: boolean },
) => Promise<void>;
/** The fields to change, or how they follow from the row as it is. */
export type Patch<Row> = Values | ((row: Row) => Values);

interface ReviseOptions {
  readonly precondition?: Precondition | undefined;
  /** Looks for the item in the trash instead of outside. */
  readonly inTrash?: boolean;
}

interface ActionOptions {
  /** The action that this one takes back. */
  readonly undoes?: number | undefined;
  /** The action to continue, if an earlier transaction has begun it. */
  readonly action?: number | undefined;
}

/** Items after an action. */
export interface Applied<Row> {
  /** The rows afterwards, in the same order; then others that have changed with them. */
  readonly rows: Row[];
  /** How many of them have changed. */
  readonly changed: number;
  readonly change: number | undefined;
}

export type Items<Row extends EntityRow> = ReturnType<typeof createItems<Row>>;

/**
 * Returns how the items of one entity are read by key, created and revised. Each write checks that the actor may make it,
 * and is recorded in the change log, in the same transaction. What the actor may not see is not found.
 */
export function createItems<Row extends EntityRow>(
  db: Database,
  record: RecordAction,
  assertMay: AssertMay,
  entity: Entity<Row>,
  partsOf: (name: EntityName) => readonly Entity<EntityRow>[],
) {
  const { table, name, scope } = entity;
  const columns = getTableColumns(table);

  const byId = eq(table.id, sql.placeholder("id"));
  const find = preparedFor((reader: Reader) =>
    rowsOf<Row>(db.engine, columns, reader.select().from(table).where(byId).prepare() as never),
  );
  const findProject = rowsOf<{ projectId: string }>(
    db.engine,
    { projectId: table[scope] as SQLiteColumn },
    db.read
      .select({ projectId: table[scope] as SQLiteColumn })
      .from(table)
      .where(byId)
      .prepare() as never,
  );
  const insert = insertInto(table, Object.keys(columns) as never[]);
  const update = updateIn(table, [...new Set([scope, "id"])]);

  const notFound = () =>
    new AppError(
      "notFound",
      entity.partOf
        ? `There is no such ${name}.`
        : `There is no such ${name}. A deleted one can be restored from the trash.`,
    );
  const notInTrash = () => new AppError("notFound", `There is no such ${name} in the trash.`);

  /** Returns whether the actor sees a row. What is in a deleted project can only be seen as a part of it. */
  const isVisible = ({ access }: Actor, row: Row) => {
    const project = access.projects.get(projectOf(entity, row));
    return project !== undefined && (scope === "id" || !project.deleted);
  };

  const patchFor = (patch: Patch<Row>, row: Row) => (typeof patch === "function" ? patch(row) : patch);

  /** Returns the rows with these ids, ordered by id. */
  async function select(reader: Reader, ids: readonly string[], condition?: SQL): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const chunk of inChunks([...new Set(ids)].filter(isId))) {
      const where = and(inArray(table.id, chunk), condition);
      rows.push(...((await reader.select().from(table).where(where)) as unknown as Row[]));
    }
    return rows.sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** @throws AppError `notFound` */
  async function get(reader: Reader, actor: Actor, id: string, { inTrash = false } = {}): Promise<Row> {
    const [row] = isId(id) ? await find(reader)({ id }) : [];
    if (row && isVisible(actor, row) && inTrash === (row.deletedAt !== null)) return row;
    throw inTrash ? notInTrash() : notFound();
  }

  /** Returns the rows with these ids, in the trash or not, by id. */
  async function getAny(reader: Reader, { access }: Actor, ids: readonly string[]): Promise<ReadonlyMap<string, Row>> {
    const rows = (await select(reader, ids)).filter((row) => access.projects.has(projectOf(entity, row)));
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Applies patches to rows as one action. @param actor whose permission is checked, or only the origin of what follows from another action */
  async function applyAll(
    tx: Writer,
    actor: Actor | Origin,
    given: readonly Patched<Row>[],
    { undoes, action }: ActionOptions = {},
  ): Promise<Applied<Row>> {
    const now = new Date();
    const patches = (await entity.extend?.(tx, given)) ?? given;
    const all: Row[] = [];
    let [changed, change] = [0, action];
    for await (const chunk of inChunks(patches)) {
      const { rows, entries } = await apply(tx, actor, chunk, now);
      all.push(...rows);
      changed += rows.filter((row, index) => row !== chunk[index]?.[0]).length;
      if (entries.length > 0)
        change = await record(tx, "user" in actor ? originOf(actor) : actor, entries, undoes, change);
    }
    return { rows: all, changed, change };
  }

  /** Applies patches to rows. Rows that get the same columns are written by one statement. */
  async function apply(
    tx: Writer,
    actor: Actor | Origin,
    patches: readonly Patched<Row>[],
    now: Date,
  ): Promise<{ rows: Row[]; entries: Entry[] }> {
    const entries: Entry[] = [];
    const groups = new Map<string, { patch: Partial<Row>; before: Row[]; after: Row[] }>();
    const projects = new Set(patches.map(([row]) => projectOf(entity, row)));
    const planned = patches.map(([before, patch]) => columnsOf(entity, patch, now, before));
    const amended = await entity.amend?.(
      tx,
      patches.map(([before], index) => ({ before, after: { ...before, ...planned[index] } })),
    );
    const rows = patches.map(([before], index) => {
      const changed = { ...planned[index], ...amended?.[index] } as Partial<Row>;
      const after = { ...before, ...changed, version: before.version + 1, updatedAt: now };
      const [then, since] = [valuesOf(entity, before), valuesOf(entity, after)];
      const touched = Object.keys(since).filter((field) => !isSame(then[field], since[field]));
      if (touched.length === 0) return before;
      const [from, to] = [projectOf(entity, before), projectOf(entity, after)];
      projects.add(to);
      const key = JSON.stringify([from, changed]);
      const group = groups.get(key) ?? { patch: changed, before: [], after: [] };
      group.before.push(before);
      group.after.push(after);
      groups.set(key, group);
      const change = {
        entity: name,
        entityId: after.id,
        verb: verbOf(entity, touched, then, since),
        before: pick(then, touched),
        after: pick(since, touched),
      };
      // Moving an item is a change in both projects.
      for (const projectId of new Set([from, to])) entries.push({ projectId, ...change });
      return after;
    });
    if ("user" in actor) {
      await assertMay(tx, actor, entity.permission, projects, { inTrash: scope === "id" });
      await assertAuthor(tx, actor, entries, rows);
    }
    for (const { patch, before, after } of groups.values()) {
      const [from, to] = [before[0], after[0]];
      if (before.length === 1 && from && to) await update(tx, from as never, to as never);
      else {
        const ids = before.map(({ id }) => id);
        const revision = { version: sql`${table.version} + 1`, updatedAt: now };
        await tx
          .update(table)
          .set({ ...patch, ...revision } as never)
          .where(and(eq(table[scope] as SQLiteColumn, from && projectOf(entity, from)), inArray(table.id, ids)));
      }
      if (from && to) await moveParts(tx, projectOf(entity, from), projectOf(entity, to), before);
    }
    await entity.count?.(
      tx,
      patches.map(([before], index) => ({ before, after: rows[index] })),
    );
    return { rows, entries };
  }

  /** Moves the parts of items to their new project. They change in nothing else. */
  async function moveParts(tx: Writer, from: string, to: string, moved: readonly Row[]) {
    if (from === to || scope === "id") return;
    const ids = moved.map(({ id }) => id);
    for (const { table: parts, partOf } of partsOf(name))
      if (partOf)
        await tx
          .update(parts)
          .set({ projectId: to } as never)
          .where(and(eq(parts.projectId as SQLiteColumn, from), inArray(partOf.key, ids)));
  }

  /** Checks that the actor may change what others have written: only delete or restore it, as an owner. */
  async function assertAuthor(tx: Writer, actor: Actor, entries: readonly Entry[], rows: readonly Row[]) {
    for (const { entityId, projectId, after } of entity.author ? entries : []) {
      const row = rows.find(({ id }) => id === entityId);
      if (!row || !isOthers(entity, row, actor.user.id)) continue;
      if (Object.keys(after ?? {}).join() !== "deletedAt")
        throw new AppError("forbidden", `Only its author may change a ${name}.`);
      await assertMay(tx, actor, "manage", [projectId]).catch((error) => {
        if (error instanceof AppError && error.code === "forbidden")
          throw new AppError("forbidden", `Only its author or an owner of the project may delete a ${name}.`);
        throw error;
      });
    }
  }

  async function insertNew(tx: Writer, values: Values, newId?: string): Promise<{ row: Row; entry: Entry }> {
    const now = new Date();
    const planned = {
      ...columnsOf(entity, values, now),
      id: newId ?? Bun.randomUUIDv7("hex", now),
      deletedAt: null,
      version: 1,
      createdAt: now,
      updatedAt: now,
    } as unknown as Row;
    const [amended] = (await entity.amend?.(tx, [{ after: planned }])) ?? [];
    const row = { ...planned, ...amended };
    await insert(tx, row as never);
    await entity.count?.(tx, [{ after: row }]);
    const after = valuesOf(entity, row);
    return {
      row,
      entry: { projectId: projectOf(entity, row), entity: name, entityId: row.id, verb: "create", before: null, after },
    };
  }

  /** Checks that the actor may add items to their projects. A new project has no members yet. */
  async function assertMayAdd(tx: Writer, actor: Actor, all: readonly Values[]) {
    if (scope === "id") return;
    await assertMay(
      tx,
      actor,
      entity.permission,
      all.map((values) => String(values[scope])),
    );
  }

  return {
    entity,
    get,
    getAny,
    applyAll,

    /** Returns those of the items that exist and are not in the trash. */
    async getAll(reader: Reader, actor: Actor, ids: readonly string[]): Promise<Row[]> {
      return (await select(reader, ids, isNull(table.deletedAt))).filter((row) => isVisible(actor, row));
    },

    /** Returns the project that a change of an item is written to; the actor's Inbox if there is no such item. */
    async projectsOf(id: string, { user }: Actor): Promise<string[]> {
      const rows = isId(id) ? await findProject({ id }) : [];
      return rows.length > 0 ? rows.map(({ projectId }) => projectId) : [user.id];
    },

    /** Returns the projects that changes of items are written to. */
    async projectsOfAll(ids: readonly string[], { user }: Actor): Promise<string[]> {
      const found = new Set([user.id]);
      for await (const chunk of inChunks(ids.filter(isId))) {
        const projectId = table[scope] as SQLiteColumn;
        const rows = await db.read.selectDistinct({ projectId }).from(table).where(inArray(table.id, chunk));
        for (const row of rows) found.add(String(row.projectId));
      }
      return [...found];
    },

    /**
     * Creates an item.
     * @param values of every field that is not computed
     * @param id its id, if it is known already
     */
    async create(tx: Writer, actor: Actor, values: Values, id?: string): Promise<{ row: Row; change: number }> {
      await assertMayAdd(tx, actor, [values]);
      const { row, entry } = await insertNew(tx, values, id);
      return { row, change: await record(tx, originOf(actor), [entry]) };
    },

    /** Creates items as one action. @param all the values of each @param ids the id of each */
    async createAll(tx: Writer, actor: Actor, all: readonly Values[], ids: readonly string[]): Promise<Applied<Row>> {
      const rows: Row[] = [];
      let change: number | undefined;
      await assertMayAdd(tx, actor, all);
      for await (const chunk of inChunks(all)) {
        const entries: Entry[] = [];
        for (const values of chunk) {
          const { row, entry } = await insertNew(tx, values, ids[rows.length]);
          rows.push(row);
          entries.push(entry);
        }
        change = await record(tx, originOf(actor), entries, undefined, change);
      }
      return { rows, changed: rows.length, change };
    },

    /**
     * Changes the given fields of an item. Nothing changes, not even `updatedAt`, if they already have these values.
     * @throws AppError `notFound`; what the precondition throws
     */
    async revise(
      tx: Writer,
      actor: Actor,
      id: string,
      patch: Patch<Row>,
      { precondition, inTrash = false }: ReviseOptions = {},
    ): Promise<Revised<Row>> {
      const before = await get(tx, actor, id, { inTrash });
      precondition?.(before.version);
      const { rows, change } = await applyAll(tx, actor, [[before, patchFor(patch, before)]]);
      return { row: rows[0] ?? before, change };
    },

    /** Returns items in the order of their ids. @throws AppError `notFound` if one of them does not exist */
    async getEach(reader: Reader, actor: Actor, ids: readonly string[]): Promise<Row[]> {
      const wanted = new Set(ids);
      const found = await this.getAll(reader, actor, ids);
      if (found.length === wanted.size) return found;
      const missing = wanted.size - found.length;
      throw new AppError(
        "notFound",
        `${missing} of the ${wanted.size} ${name}s ${missing === 1 ? "does" : "do"} not exist. Nothing was changed.`,
      );
    },
  };
}

const pick = (values: Values, fields: readonly string[]): Values =>
  Object.fromEntries(fields.map((field) => [field, values[field] ?? null]));
