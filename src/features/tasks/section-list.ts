import { and, eq, getTableColumns, isNull, sql } from "drizzle-orm";
import type { Database } from "../../db/database.ts";
import { rowsOf } from "../../db/prepared.ts";
import type { Schema } from "../../db/schema/index.ts";

export type Row = Schema["sections"]["$inferSelect"];

/** Returns what reads the sections of a project, in their order: those that are neither archived nor in the trash. */
export function createSectionList({ engine, read, schema: { sections } }: Database) {
  const select = rowsOf<Row>(
    engine,
    getTableColumns(sections),
    read
      .select()
      .from(sections)
      .where(
        and(
          eq(sections.projectId, sql.placeholder("projectId")),
          isNull(sections.deletedAt),
          isNull(sections.archivedAt),
        ),
      )
      .prepare() as never,
  );
  return async (projectId: string): Promise<Row[]> => (await select({ projectId })).toSorted(byPosition);
}

/** Compares sections by their place, as an index would. */
export function byPosition(one: Pick<Row, "position" | "id">, other: Pick<Row, "position" | "id">): number {
  const [a, b] = [`${one.position} ${one.id}`, `${other.position} ${other.id}`];
  return a < b ? -1 : a > b ? 1 : 0;
}
