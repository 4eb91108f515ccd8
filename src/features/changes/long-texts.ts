import { and, gte, inArray, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import { inChunks } from "../../chunks.ts";
import type { Database, Reader } from "../../db/database.ts";
import type { Schema } from "../../db/schema/index.ts";
import { tableFrom } from "../../db/union.ts";
import type { EntityName, Values } from "./model.ts";

/** Longer texts are stored as what differs between before and after. */
const LONG = 500;

type Row = Schema["changes"]["$inferSelect"];

/** What a field holds in the log: a value, or the part of a long text that differs from the other side of the change. */
type Stored = Values[string] | Piece;
interface Piece {
  /** Where the part begins. */
  readonly at: number;
  readonly text: string;
}
type StoredValues = Record<string, Stored>;

/** The fields of an entity that can be long texts, each in a column of the same name. */
export interface LongFields {
  readonly table: SQLiteTable & { readonly id: SQLiteColumn };
  readonly names: readonly string[];
}
export type LongFieldsOf = (entity: EntityName) => LongFields | undefined;

const isPiece = (value: unknown): value is Piece => typeof value === "object" && value !== null;

/** Returns what the log stores of a change: of long texts, only what differs. `createExpander` restores them. */
export function shortened<Change extends { readonly before: Values | null; readonly after: Values | null }>(
  change: Change,
  names: readonly string[] = [],
): Change {
  let { before, after }: { before: StoredValues | null; after: StoredValues | null } = change;
  for (const name of names) {
    const [from, to] = [before?.[name], after?.[name]];
    if (typeof from !== "string" || typeof to !== "string" || Math.max(from.length, to.length) <= LONG) continue;
    const most = Math.min(from.length, to.length);
    let at = 0;
    while (at < most && from[at] === to[at]) at++;
    let end = 0;
    while (end < most - at && from[from.length - 1 - end] === to[to.length - 1 - end]) end++;
    before = { ...before, [name]: { at, text: from.slice(at, from.length - end) } };
    after = { ...after, [name]: { at, text: to.slice(at, to.length - end) } };
  }
  return before === change.before ? change : ({ ...change, before, after } as Change);
}

/**
 * Returns what restores the long texts of changes: from the text as it is now, back through the newer changes.
 * @param longFieldsOf returns the fields of an entity that are stored in part
 */
export function createExpander({ schema: { changes } }: Database, longFieldsOf: LongFieldsOf) {
  /** A change of the history of items, or an item as it is now, which has no number. */
  interface Step {
    readonly id: number;
    readonly entityId: string;
    readonly action: number;
    readonly before: string | null;
    readonly after: string | null;
    /** The name of a field, and its value now. */
    readonly name: string | null;
    readonly now: string | null;
  }

  /** Reads the changes to items from one on, and the items as they are, in one statement: it sees one state of the data. */
  async function stepsOf(reader: Reader, { table, names }: LongFields, ids: string[], from: number): Promise<Step[]> {
    const columns = (id: SQL, entityId: SQL, action: SQL, before: SQL, after: SQL, name: SQL, now: SQL) =>
      sql`select ${id} as id, ${entityId} as entity_id, ${action} as action, ${before} as old, ${after} as new, ${name} as name, ${now} as now`;
    const none = sql`cast(null as text)`;
    const history = sql`${columns(
      ...[sql`${changes.id}`, sql`${changes.entityId}`, sql`coalesce(${changes.actionId}, ${changes.id})`],
      ...[sql`${changes.before}`, sql`${changes.after}`, none, none],
    )} from ${changes} where ${and(inArray(changes.entityId, ids), gte(changes.id, from))}`;
    const current = names.map((name) => {
      const column = (table as unknown as Record<string, SQLiteColumn>)[name];
      const values = columns(sql`0`, sql`${table.id}`, sql`0`, none, none, sql`${name}`, sql`${column}`);
      return sql`${values} from ${table} where ${inArray(table.id, ids)}`;
    });
    return reader
      .select({
        id: sql<number>`id`.mapWith(Number),
        entityId: sql<string>`entity_id`,
        action: sql<number>`action`.mapWith(Number),
        before: sql<string | null>`old`,
        after: sql<string | null>`new`,
        name: sql<string | null>`name`,
        now: sql<string | null>`now`,
      })
      .from(tableFrom("steps", sql.join([history, ...current], sql` union all `)));
  }

  /** Returns the changes with whole texts, by the id of the change. */
  function restore(steps: readonly Step[]): Map<number, { before: StoredValues | null; after: StoredValues | null }> {
    const texts = new Map<string, string>();
    const restored = new Map<number, { before: StoredValues | null; after: StoredValues | null }>();
    const done = new Map<string, number>();
    for (const { entityId, name, now } of steps) if (name !== null) texts.set(`${entityId} ${name}`, now ?? "");
    const history = steps.filter(({ name }) => name === null).sort((one, other) => other.id - one.id);
    for (const { id, entityId, action, ...stored } of history) {
      // Moving an item is the same change in two projects.
      const twin = restored.get(done.get(`${entityId} ${action}`) ?? -1);
      if (twin) {
        restored.set(id, twin);
        continue;
      }
      const [before, after] = [stored.before, stored.after].map((json) => JSON.parse(json ?? "null"));
      for (const [name, to] of Object.entries((after ?? {}) as StoredValues)) {
        const [key, from] = [`${entityId} ${name}`, before?.[name]];
        const text = texts.get(key);
        if (isPiece(to) && isPiece(from) && text !== undefined) {
          after[name] = text;
          before[name] = text.slice(0, from.at) + from.text + text.slice(to.at + to.text.length);
        }
        if (typeof before?.[name] === "string") texts.set(key, before[name]);
      }
      restored.set(id, { before, after });
      done.set(`${entityId} ${action}`, id);
    }
    return restored;
  }

  /** Returns changes with their long texts. */
  return async function expand(reader: Reader, rows: readonly Row[]): Promise<Row[]> {
    const inPart = rows.filter(({ after }) => after && Object.values(after).some(isPiece));
    if (inPart.length === 0) return [...rows];
    const whole = new Map<number, ReturnType<typeof restore> extends Map<number, infer Value> ? Value : never>();
    for (const [entity, group] of Map.groupBy(inPart, (row) => row.entity)) {
      const fields = longFieldsOf(entity);
      if (!fields) continue;
      const from = Math.min(...group.map(({ id }) => id));
      for await (const ids of inChunks([...new Set(group.map(({ entityId }) => entityId))]))
        for (const [id, values] of restore(await stepsOf(reader, fields, ids, from))) whole.set(id, values);
    }
    return rows.map((row) => ({ ...row, ...whole.get(row.id) }));
  };
}
