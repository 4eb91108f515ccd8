import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Calendar } from "../../calendar.ts";
import type { Writer } from "../../db/database.ts";
import type { EntityName, FieldValue, Values, Verb } from "./model.ts";

/** The columns that every recorded table has, besides that of its scope. */
export interface EntityRow {
  readonly id: string;
  /** Counts up with every change: the item's ETag. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When the item was moved to the trash. */
  readonly deletedAt: Date | null;
}

export type EntityTable = SQLiteTable & Record<keyof EntityRow, SQLiteColumn> & { readonly projectId?: SQLiteColumn };

/** One field of an entity. */
export interface Field<Row extends EntityRow> {
  /** What messages call it, as in "its title has changed since". */
  readonly label: string;
  /**
   * Returns the columns that store a value. Equal columns for an equal value: a change is what differs afterwards.
   * @param row undefined for a new item
   */
  columns(value: FieldValue, now: Date, row: Row | undefined): Partial<Row>;
  /**
   * Whether the value can be a long text, in the column of the same name: the change log stores what a change replaced, and
   * restores the whole from the column.
   */
  readonly long?: true;
  /**
   * Describes a change in the activity. A field without it is not mentioned.
   * @param names the names of the accounts, projects and sections that the values may name, as far as the reader sees them
   */
  describe?(before: FieldValue, after: FieldValue, calendar: Calendar, names: ReadonlyMap<string, string>): string;
}

/** An item, and the fields that an action changes. */
export type Patched<Row extends EntityRow> = readonly [row: Row, patch: Values];

/** An item before and after a write: a new one has no `before`, a removed one no `after`. */
export interface Changed<Row extends EntityRow> {
  readonly before?: Row | undefined;
  readonly after?: Row | undefined;
}

/**
 * A kind of item whose changes are recorded. Registering one with the change log gives it revisions, undo, trash,
 * activity and live updates.
 */
export interface Entity<Row extends EntityRow> {
  readonly name: EntityName;
  readonly table: EntityTable;
  /** The column that names the project of an item; a project has its own id there. */
  readonly scope: "projectId" | "id";
  /** What a member must be allowed to do in the project to change an item. */
  readonly permission: "edit" | "manage";
  /**
   * The entity whose items these are parts of, the column that names one, and its value. Parts move with their item to another
   * project, and are removed with it.
   */
  readonly partOf?: { readonly entity: EntityName; readonly key: SQLiteColumn; idOf(row: Row): string };
  /** Returns the only account that may change an item. Who may manage the project may also delete or restore it. */
  author?(row: Row): string;
  /** In the order in which their columns are applied. */
  readonly fields: Readonly<Record<string, Field<Row>>>;
  /** Returns the values of all fields, as the API shows them. */
  values(row: Row): Values;
  /** Returns what people call the item. */
  title(row: Row): string;
  /** Returns the columns that follow from those that were set. */
  settle?(row: Row): Partial<Row>;
  /** Returns the verb of a change to these fields; `update` if undefined. */
  verb?(touched: readonly string[], before: Values, after: Values): Verb | undefined;
  /**
   * Called with what a write is about to change, in its transaction.
   * @returns the columns to set besides, in the same order: what no longer holds, such as an assignee of another project
   */
  amend?(tx: Writer, changes: readonly Changed<Row>[]): Promise<readonly (Partial<Row> | undefined)[]>;
  /**
   * Completes what an action changes, an undo included, with what follows for other items, in its transaction.
   * @returns the given items, then others
   */
  extend?(tx: Writer, patches: readonly Patched<Row>[]): Promise<readonly Patched<Row>[]>;
  /** Called with what a write has changed, in its transaction: keeps counts of the items, and what depends on them. */
  count?(tx: Writer, changes: readonly Changed<Row>[]): Promise<void>;
  /** Removes an item that has been in the trash for too long, in place of the change log. */
  purge?(row: Row): Promise<void>;
}

/** Returns the project of an item. */
export const projectOf = <Row extends EntityRow>({ scope }: Pick<Entity<Row>, "scope">, row: Row): string =>
  (row as Partial<Record<typeof scope, string>>)[scope] ?? "";

/** Returns whether only another account may change an item. */
export const isOthers = <Row extends EntityRow>({ author }: Pick<Entity<Row>, "author">, row: Row, accountId: string) =>
  author !== undefined && author(row) !== accountId;

/** Moves an item to the trash, or out of it. Every entity has this field. */
const deletedAt: Field<EntityRow> = {
  label: "place",
  columns: (value, now) => ({ deletedAt: value === null ? null : now }),
};

/** Returns a field by its name. */
const fieldOf = <Row extends EntityRow>(entity: Entity<Row>, name: string): Field<Row> | undefined =>
  name === "deletedAt" ? (deletedAt as Field<Row>) : entity.fields[name];

/** Returns whether a field has the same value twice. */
export const isSame = (one: FieldValue | undefined, other: FieldValue | undefined): boolean =>
  Array.isArray(one) && Array.isArray(other)
    ? one.length === other.length && one.every((text, index) => text === other[index])
    : one === other;

/** Returns the columns that differ once a patch has been applied to a row. */
export function columnsOf<Row extends EntityRow>(
  entity: Entity<Row>,
  patch: Values,
  now: Date,
  row?: Row,
): Partial<Row> {
  const columns: Partial<Row> = {};
  for (const name of [...Object.keys(entity.fields), "deletedAt"]) {
    const value = patch[name];
    if (value !== undefined) Object.assign(columns, fieldOf(entity, name)?.columns(value, now, row));
  }
  const after = { ...row, ...columns } as Row;
  for (const [name, value] of Object.entries(entity.settle?.(after) ?? {}))
    if (after[name as keyof Row] !== value) Object.assign(columns, { [name]: value });
  return columns;
}

/** Returns the values of a row, the place in or out of the trash included. */
export const valuesOf = <Row extends EntityRow>(entity: Entity<Row>, row: Row): Values => ({
  ...entity.values(row),
  deletedAt: row.deletedAt?.toISOString() ?? null,
});

/** Returns the verb for fields that have changed. */
export function verbOf<Row extends EntityRow>(
  entity: Entity<Row>,
  touched: readonly string[],
  before: Values,
  after: Values,
): Verb {
  if (touched.includes("deletedAt")) return after.deletedAt === null ? "restore" : "delete";
  return entity.verb?.(touched, before, after) ?? "update";
}

/** Returns what messages call a field. */
export const labelOf = <Row extends EntityRow>(entity: Entity<Row>, name: string): string =>
  fieldOf(entity, name)?.label ?? name;

/** Describes in words what an update changed, such as "priority Low → High, description". */
export function describeUpdate<Row extends EntityRow>(
  entity: Entity<Row>,
  before: Values,
  after: Values,
  calendar: Calendar,
  names: ReadonlyMap<string, string>,
): string {
  const parts = Object.keys(after).flatMap((name) => {
    const words = entity.fields[name]?.describe?.(before[name] ?? null, after[name] ?? null, calendar, names);
    return words === undefined ? [] : [words];
  });
  return parts.join(", ");
}
