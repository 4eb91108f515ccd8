import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { EntityName, FieldValue, Values, Verb } from "./model.ts";

/** The columns that every recorded table has. */
export interface EntityRow {
  readonly ownerId: string;
  readonly id: string;
  /** Counts up with every change: the item's ETag. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When the item was moved to the trash. */
  readonly deletedAt: Date | null;
}

export type EntityTable = SQLiteTable & Record<keyof EntityRow, SQLiteColumn>;

/** One field of an entity. */
export interface Field<Row extends EntityRow> {
  /** What messages call it, as in "its title has changed since". */
  readonly label: string;
  /**
   * Returns the columns that store a value. Equal columns for an equal value: a change is what differs afterwards.
   * @param row undefined for a new item
   */
  columns(value: FieldValue, now: Date, row: Row | undefined): Partial<Row>;
  /** Describes a change in the activity. A field without it is not mentioned. */
  describe?(before: FieldValue, after: FieldValue): string;
}

/**
 * A kind of item whose changes are recorded. Registering one with the change log gives it revisions, undo, trash,
 * activity and live updates.
 */
export interface Entity<Row extends EntityRow> {
  readonly name: EntityName;
  readonly table: EntityTable;
  /** In the order in which their columns are applied. */
  readonly fields: Readonly<Record<string, Field<Row>>>;
  /** Returns the values of all fields, as the API shows them. */
  values(row: Row): Values;
  /** Returns what people call the item. */
  title(row: Row): string;
  /** Returns the verb of a change to these fields; `update` if undefined. */
  verb?(touched: readonly string[], after: Values): Verb | undefined;
}

/** Moves an item to the trash, or out of it. Every entity has this field. */
const deletedAt: Field<EntityRow> = {
  label: "place",
  columns: (value, now) => ({ deletedAt: value === null ? null : now }),
};

/** Returns a field by its name. */
const fieldOf = <Row extends EntityRow>(entity: Entity<Row>, name: string): Field<Row> | undefined =>
  name === "deletedAt" ? (deletedAt as Field<Row>) : entity.fields[name];

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
  return columns;
}

/** Returns the values of a row, the place in or out of the trash included. */
export const valuesOf = <Row extends EntityRow>(entity: Entity<Row>, row: Row): Values => ({
  ...entity.values(row),
  deletedAt: row.deletedAt?.toISOString() ?? null,
});

/** Returns the verb for fields that have changed. */
export function verbOf<Row extends EntityRow>(entity: Entity<Row>, touched: readonly string[], after: Values): Verb {
  if (touched.includes("deletedAt")) return after.deletedAt === null ? "restore" : "delete";
  return entity.verb?.(touched, after) ?? "update";
}

/** Returns what messages call a field. */
export const labelOf = <Row extends EntityRow>(entity: Entity<Row>, name: string): string =>
  fieldOf(entity, name)?.label ?? name;

/** Describes in words what an update changed, such as "priority Low → High, description". */
export function describeUpdate<Row extends EntityRow>(entity: Entity<Row>, before: Values, after: Values): string {
  const parts = Object.keys(after).flatMap((name) => {
    const words = entity.fields[name]?.describe?.(before[name] ?? null, after[name] ?? null);
    return words === undefined ? [] : [words];
  });
  return parts.join(", ");
}
