import { and, eq, getTableColumns, inArray, isNull, type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../actor.ts";
import type { Database, Reader, Writer } from "../../db/database.ts";
import { insertInto, preparedFor, rowsOf, updateIn } from "../../db/prepared.ts";
import { AppError } from "../../errors.ts";
import { isId } from "../../validation/ids.ts";
import { columnsOf, type Entity, type EntityRow, valuesOf, verbOf } from "./entity.ts";
import type { Values } from "./model.ts";
import { type Entry, originOf, type RecordAction } from "./record.ts";

/** Decides from an item's version whether a change may go ahead. @throws AppError `preconditionFailed` */
export type Precondition = (version: number) => void;

/** An item after an action, and the change that takes the action back; none if nothing has changed. */
export interface Revised<Row> {
  readonly row: Row;
  readonly change: number | undefined;
}

interface ReviseOptions {
  readonly precondition?: Precondition | undefined;
  /** Looks for the item in the trash instead of outside. */
  readonly inTrash?: boolean;
}

export type Items<Row extends EntityRow> = ReturnType<typeof createItems<Row>>;

/**
 * Returns how the items of one entity are read by key, created and revised. Each write is recorded in the change log, in
 * the same transaction. What does not belong to the actor is not found.
 */
export function createItems<Row extends EntityRow>(db: Database, record: RecordAction, entity: Entity<Row>) {
  const { table, name } = entity;
  const columns = getTableColumns(table);

  const byId = and(eq(table.ownerId, sql.placeholder("ownerId")), eq(table.id, sql.placeholder("id")));
  const find = preparedFor((reader: Reader) =>
    rowsOf<Row>(db.engine, columns, reader.select().from(table).where(byId).prepare() as never),
  );
  const insert = insertInto(table, Object.keys(columns) as never[]);
  const update = updateIn(table, byId);

  const notFound = () =>
    new AppError("notFound", `There is no such ${name}. A deleted one can be restored from the trash.`);
  const notInTrash = () => new AppError("notFound", `There is no such ${name} in the trash.`);

  const select = async (reader: Reader, where: SQL | undefined) =>
    (await reader.select().from(table).where(where).orderBy(table.id)) as unknown as Row[];
  const owned = (ownerId: string, ids: readonly string[]) =>
    and(eq(table.ownerId, ownerId), inArray(table.id, [...new Set(ids)].filter(isId)));

  /** @throws AppError `notFound` */
  async function get(reader: Reader, actor: Actor, id: string, { inTrash = false } = {}): Promise<Row> {
    const [row] = isId(id) ? await find(reader)({ ownerId: actor.user.id, id }) : [];
    if (row && inTrash === (row.deletedAt !== null)) return row;
    throw inTrash ? notInTrash() : notFound();
  }

  /** Returns the rows with these ids, in the trash or not, by id. */
  const getAny = async (reader: Reader, actor: Actor, ids: readonly string[]): Promise<ReadonlyMap<string, Row>> =>
    new Map((await select(reader, owned(actor.user.id, ids))).map((row) => [row.id, row]));

  /**
   * Applies patches to rows as one action. Rows that get the same columns are written by one statement.
   * @param undoes the action that this one takes back
   * @returns the rows afterwards, in the same order
   */
  async function applyAll(
    tx: Writer,
    actor: Actor,
    patches: readonly (readonly [row: Row, patch: Values])[],
    undoes?: number,
  ): Promise<{ rows: Row[]; change: number | undefined }> {
    const now = new Date();
    const entries: Entry[] = [];
    const groups = new Map<string, { patch: Partial<Row>; before: Row[]; after: Row[] }>();
    const rows = patches.map(([before, patch]) => {
      const changed = columnsOf(entity, patch, now, before);
      const after = { ...before, ...changed, version: before.version + 1, updatedAt: now };
      const [then, since] = [valuesOf(entity, before), valuesOf(entity, after)];
      const touched = Object.keys(since).filter((field) => then[field] !== since[field]);
      if (touched.length === 0) return before;
      const key = JSON.stringify(changed);
      const group = groups.get(key) ?? { patch: changed, before: [], after: [] };
      group.before.push(before);
      group.after.push(after);
      groups.set(key, group);
      entries.push({
        entity: name,
        entityId: after.id,
        verb: verbOf(entity, touched, since),
        before: pick(then, touched),
        after: pick(since, touched),
      });
      return after;
    });
    for (const { patch, before, after } of groups.values()) {
      const [from, to] = [before[0], after[0]];
      if (before.length === 1 && from && to) await update(tx, from as never, to as never);
      else {
        const ids = before.map(({ id }) => id);
        const revision = { version: sql`${table.version} + 1`, updatedAt: now };
        await tx
          .update(table)
          .set({ ...patch, ...revision } as never)
          .where(owned(actor.user.id, ids));
      }
    }
    return { rows, change: entries.length > 0 ? await record(tx, originOf(actor), entries, undoes) : undefined };
  }

  return {
    entity,
    get,
    getAny,
    applyAll,

    /** Returns those of the items that exist and are not in the trash. */
    async getAll(reader: Reader, actor: Actor, ids: readonly string[]): Promise<Row[]> {
      return select(reader, and(owned(actor.user.id, ids), isNull(table.deletedAt)));
    },

    /** Creates an item. @param values of every field that is not computed */
    async create(tx: Writer, actor: Actor, values: Values): Promise<{ row: Row; change: number }> {
      const now = new Date();
      const row = {
        ...columnsOf(entity, values, now),
        ownerId: actor.user.id,
        id: Bun.randomUUIDv7(),
        deletedAt: null,
        version: 1,
        createdAt: now,
        updatedAt: now,
      } as unknown as Row;
      await insert(tx, row as never);
      const entry = {
        entity: name,
        entityId: row.id,
        verb: "create",
        before: null,
        after: valuesOf(entity, row),
      } as const;
      return { row, change: await record(tx, originOf(actor), [entry]) };
    },

    /**
     * Changes the given fields of an item. Nothing changes, not even `updatedAt`, if they already have these values.
     * @throws AppError `notFound`; what the precondition throws
     */
    async revise(
      tx: Writer,
      actor: Actor,
      id: string,
      patch: Values,
      { precondition, inTrash = false }: ReviseOptions = {},
    ): Promise<Revised<Row>> {
      const before = await get(tx, actor, id, { inTrash });
      precondition?.(before.version);
      const { rows, change } = await applyAll(tx, actor, [[before, patch]]);
      return { row: rows[0] ?? before, change };
    },

    /**
     * Changes the given fields of many items as one action, or of none.
     * @returns the rows afterwards, ordered by id
     * @throws AppError `notFound` if one of them does not exist
     */
    async reviseAll(tx: Writer, actor: Actor, ids: readonly string[], patch: Values) {
      const wanted = new Set(ids).size;
      const found = await this.getAll(tx, actor, ids);
      if (found.length < wanted) {
        const missing = wanted - found.length;
        throw new AppError(
          "notFound",
          `${missing} of the ${wanted} ${name}s ${missing === 1 ? "does" : "do"} not exist. Nothing was changed.`,
        );
      }
      return applyAll(
        tx,
        actor,
        found.map((row) => [row, patch]),
      );
    },
  };
}

const pick = (values: Values, fields: readonly string[]): Values =>
  Object.fromEntries(fields.map((field) => [field, values[field] ?? null]));
