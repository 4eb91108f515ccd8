import { and, asc, type Column, desc, eq, gt, isNotNull, isNull, like, lt, or, type SQL, sql } from "drizzle-orm";
import type { Schema } from "../db/schema.ts";
import { invalid } from "../shapes.ts";
import { defaultOrder, type Order, type Sort, searchWords, type TaskQuery } from "./model.ts";
import type { Row } from "./rows.ts";

type Tasks = Schema["tasks"];
type Position = string | number;

const RANK = { low: 1, medium: 2, high: 3 } as const;

/**
 * How each sort looks in SQL, and where a row stands in it. Positions are compared as they are stored: text by its
 * folded key, moments by their milliseconds, priorities by rank.
 */
function sortings(tasks: Tasks) {
  const moment = (column: Column, of: (row: Row) => Date) => ({
    expression: sql`${column}`,
    position: (row: Row): Position => of(row).getTime(),
    bind: (position: Position) => sql.param(new Date(position), column),
  });
  return {
    createdAt: moment(tasks.createdAt, (row) => row.createdAt),
    updatedAt: moment(tasks.updatedAt, (row) => row.updatedAt),
    title: {
      expression: sql`${tasks.titleKey}`,
      position: (row: Row): Position => row.titleKey,
      bind: (position: Position) => sql`${position}`,
    },
    priority: {
      expression: sql`case ${tasks.priority} when 'high' then 3 when 'medium' then 2 else 1 end`,
      position: (row: Row): Position => RANK[row.priority],
      bind: (position: Position) => sql`${position}`,
    },
  };
}

/** What the list's queries are made of: its conditions, its order, and the cursor that goes on from a row. */
export function listing(tasks: Tasks, ownerId: string, query: TaskQuery) {
  const sort = query.sort ?? "createdAt";
  const order = query.order ?? defaultOrder(sort);
  const { expression, position, bind } = sortings(tasks)[sort];
  const [direction, after] = order === "asc" ? [asc, gt] : [desc, lt];

  /** The status stays out, as the totals count both sides of it. */
  const matching = and(
    eq(tasks.ownerId, ownerId),
    isNull(tasks.deletedAt),
    query.priority && eq(tasks.priority, query.priority),
    ...searchWords(query.q).map((word) => or(contains(tasks.titleKey, word), contains(tasks.descriptionKey, word))),
  );
  const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor, sort, order);
  const from =
    cursor &&
    or(
      after(expression, bind(cursor.position)),
      and(eq(expression, bind(cursor.position)), after(tasks.id, cursor.id)),
    );
  const status =
    query.status === "open"
      ? isNull(tasks.completedAt)
      : query.status === "completed"
        ? isNotNull(tasks.completedAt)
        : undefined;

  return {
    matching,
    page: and(matching, status, from),
    orderBy: [direction(expression), direction(tasks.id)],
    cursorAt: (row: Row) => writeCursor({ sort, order, position: position(row), id: row.id }),
  };
}

const contains = (column: Column, word: string): SQL =>
  like(column, `%${word.replace(/[\\%_]/g, "\\$&")}%`).append(sql` escape '\\'`);

interface Cursor {
  sort: Sort;
  order: Order;
  position: Position;
  id: string;
}

const writeCursor = ({ sort, order, position, id }: Cursor) =>
  Buffer.from(JSON.stringify([sort, order, position, id])).toString("base64url");

/** @throws AppError `invalid` for a cursor that is not ours, or that belongs to another sorting */
function readCursor(cursor: string, sort: Sort, order: Order): Pick<Cursor, "position" | "id"> {
  try {
    const [cursorSort, cursorOrder, position, id, ...rest] = JSON.parse(Buffer.from(cursor, "base64url").toString());
    const positionType = sort === "title" ? "string" : "number";
    if (cursorSort === sort && cursorOrder === order && typeof id === "string" && rest.length === 0) {
      if (positionType === "string" && typeof position === "string") return { position, id };
      if (positionType === "number" && Number.isSafeInteger(position) && Math.abs(position) <= 8.64e15)
        return { position, id };
    }
  } catch {
    // Not JSON: answered below.
  }
  throw invalid([
    {
      path: "/cursor",
      rule: "cursor",
      message: "Cursor does not belong to this list. Use nextCursor as it came, with the same sort and order.",
    },
  ]);
}
