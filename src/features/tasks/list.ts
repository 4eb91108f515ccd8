import {
  and,
  asc,
  type Column,
  desc,
  eq,
  getTableColumns,
  isNotNull,
  isNull,
  like,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import type { Database } from "../../db/database.ts";
import { rowsOf } from "../../db/prepared.ts";
import type { Schema } from "../../db/schema/index.ts";
import { rank } from "../../db/schema/tasks.ts";
import { fold } from "../../text/fold.ts";
import { invalid } from "../../validation/check.ts";
import { isStorableTime } from "../../validation/types.ts";
import { defaultOrder, type Order, type Sort, searchWords, type Task, type TaskQuery } from "./model.ts";

type Tasks = Schema["tasks"];
/** A row's position in a sorting: a time in milliseconds, a folded title, or a rank. */
type Position = string | number;

const RANK = { low: 1, medium: 2, high: 3 } as const;
const placeholder = sql.placeholder("position");

/** Each sort in SQL, a task's position in it, and how a cursor's position is bound. */
const sortings = (tasks: Tasks) => ({
  createdAt: time(tasks.createdAt, (task) => task.createdAt),
  updatedAt: time(tasks.updatedAt, (task) => task.updatedAt),
  title: {
    expression: sql`${tasks.titleKey}`,
    position: (task: Task): Position => fold(task.title),
    param: sql`${placeholder}`,
    bind: (position: Position): unknown => position,
  },
  priority: {
    expression: rank,
    position: (task: Task): Position => RANK[task.priority],
    param: sql`${placeholder}`,
    bind: (position: Position): unknown => position,
  },
});

const time = (column: Column, of: (task: Task) => string) => ({
  expression: sql`${column}`,
  position: (task: Task): Position => Date.parse(of(task)),
  param: sql`${sql.param(placeholder, column)}`,
  bind: (position: Position): unknown => new Date(position),
});

/** Everything that makes the SQL of one list differ from another's. Values are bound. */
interface Shape {
  status: "open" | "completed" | "all";
  priority: boolean;
  words: number;
  sort: Sort;
  order: Order;
  cursor: boolean;
}

/** Returns the queries of task lists. Each is prepared on first use and kept: preparing one costs more than running it. */
export function createListQueries({ engine, read, schema: { tasks } }: Database) {
  const sorts = sortings(tasks);
  const prepared = new Map<string, ReturnType<typeof prepare>>();

  function prepare({ status, priority, words, sort, order, cursor }: Shape) {
    const { expression, param } = sorts[sort];
    const [direction, after] = order === "asc" ? ([asc, sql`>`] as const) : ([desc, sql`<`] as const);
    // Without the status: the totals count open and completed tasks.
    const matching = and(
      eq(tasks.ownerId, sql.placeholder("ownerId")),
      isNull(tasks.deletedAt),
      priority ? eq(tasks.priority, sql.placeholder("priority")) : undefined,
      ...Array.from({ length: words }, (_, index) => {
        const word = sql.placeholder(`word${index}`);
        return or(contains(tasks.titleKey, word), contains(tasks.descriptionKey, word));
      }),
    );
    const withStatus = { open: isNull(tasks.completedAt), completed: isNotNull(tasks.completedAt), all: undefined }[
      status
    ];
    // A row value seeks in the index. `a < ? OR (a = ? AND id < ?)` would read every row before the page.
    const from = cursor ? sql`(${expression}, ${tasks.id}) ${after} (${param}, ${sql.placeholder("id")})` : undefined;
    const { ownerId, titleKey, descriptionKey, deletedAt, version, ...columns } = getTableColumns(tasks);
    return {
      page: rowsOf(
        engine,
        columns,
        read
          .select(columns)
          .from(tasks)
          .where(and(matching, withStatus, from))
          .orderBy(direction(expression), direction(tasks.id))
          .limit(sql.placeholder("limit"))
          .prepare(),
      ),
      totals: read
        .select({
          all: sql<number>`count(*)`.mapWith(Number),
          completed: sql<number>`count(${tasks.completedAt})`.mapWith(Number),
        })
        .from(tasks)
        .where(matching)
        .prepare(),
    };
  }

  /**
   * Returns the queries of one list, the values to bind, and the cursor that continues after a task.
   * @throws AppError `invalid` for a cursor of another list
   */
  return function listQueries(ownerId: string, query: TaskQuery) {
    const { status = "all", priority, sort = "createdAt", order = defaultOrder(sort) } = query;
    const words = searchWords(query.q);
    const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor, sort, order);
    const shape: Shape = {
      status,
      priority: priority !== undefined,
      words: words.length,
      sort,
      order,
      cursor: cursor !== undefined,
    };
    const key = Object.values(shape).join();
    const queries = prepared.get(key) ?? prepare(shape);
    prepared.set(key, queries);
    return {
      ...queries,
      countsKey: JSON.stringify([ownerId, priority, ...words]),
      values: {
        ownerId,
        priority,
        ...Object.fromEntries(words.map((word, index) => [`word${index}`, `%${word.replace(/[\\%_]/g, "\\$&")}%`])),
        ...(cursor && { position: sorts[sort].bind(cursor.position), id: cursor.id }),
      },
      cursorAt: (task: Task) => writeCursor({ sort, order, position: sorts[sort].position(task), id: task.id }),
    };
  };
}

const contains = (column: Column, word: SQL | ReturnType<typeof sql.placeholder>): SQL =>
  like(column, word).append(sql` escape '\\'`);

interface Cursor {
  sort: Sort;
  order: Order;
  position: Position;
  id: string;
}

const writeCursor = ({ sort, order, position, id }: Cursor) =>
  Buffer.from(JSON.stringify([sort, order, position, id])).toString("base64url");

/** Returns whether every engine accepts a value as text. */
const isPlain = (value: unknown): value is string =>
  typeof value === "string" && value.isWellFormed() && !value.includes("\0");

/** @throws AppError `invalid` for an unknown cursor, or one of another sorting */
function readCursor(cursor: string, sort: Sort, order: Order): Pick<Cursor, "position" | "id"> {
  try {
    const [cursorSort, cursorOrder, position, id, ...rest] = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (cursorSort === sort && cursorOrder === order && isPlain(id) && rest.length === 0) {
      if (sort === "title" && isPlain(position)) return { position, id };
      if (sort !== "title" && isStorableTime(position)) return { position, id };
    }
  } catch {
    // Not JSON: rejected below.
  }
  throw invalid([
    {
      path: "/cursor",
      rule: "cursor",
      message: "Cursor does not belong to this list. Use nextCursor as you got it, with the same sort and order.",
    },
  ]);
}
