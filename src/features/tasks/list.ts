import { and, asc, type Column, desc, eq, gt, isNotNull, isNull, like, lt, or, type SQL, sql } from "drizzle-orm";
import type { Database } from "../../db/database.ts";
import { rowsOf } from "../../db/prepared.ts";
import { rank, type Schema } from "../../db/schema/index.ts";
import { invalid, isStorable } from "../../validation/index.ts";
import { defaultOrder, type Order, type Sort, searchKey, searchWords, type Task, type TaskQuery } from "./model.ts";

type Tasks = Schema["tasks"];
/** Where a row stands in a sorting: a moment in milliseconds, a folded title, a rank. */
type Position = string | number;

const RANK = { low: 1, medium: 2, high: 3 } as const;
const here = sql.placeholder("position");

/** How each sort looks in SQL, where a task stands in it, and how a cursor's position is bound. */
const sortings = (tasks: Tasks) => ({
  createdAt: moment(tasks.createdAt, (task) => task.createdAt),
  updatedAt: moment(tasks.updatedAt, (task) => task.updatedAt),
  title: {
    expression: sql`${tasks.titleKey}`,
    position: (task: Task): Position => searchKey(task.title),
    param: sql`${here}`,
    bind: (position: Position): unknown => position,
  },
  priority: {
    expression: rank,
    position: (task: Task): Position => RANK[task.priority],
    param: sql`${here}`,
    bind: (position: Position): unknown => position,
  },
});

const moment = (column: Column, of: (task: Task) => string) => ({
  expression: sql`${column}`,
  position: (task: Task): Position => Date.parse(of(task)),
  param: sql`${sql.param(here, column)}`,
  bind: (position: Position): unknown => new Date(position),
});

/** All that makes one list's SQL differ from another's; the values are bound. */
interface Shape {
  status: "open" | "completed" | "all";
  priority: boolean;
  words: number;
  sort: Sort;
  order: Order;
  cursor: boolean;
}

/**
 * The queries behind the list, each prepared on first use and kept: there are as many as there are shapes of a list,
 * and preparing costs more than running.
 */
export function createListing({ engine, read, schema: { tasks } }: Database) {
  const sorts = sortings(tasks);
  const kept = new Map<string, ReturnType<typeof prepare>>();

  function prepare({ status, priority, words, sort, order, cursor }: Shape) {
    const { expression, param } = sorts[sort];
    const [direction, after] = order === "asc" ? ([asc, gt] as const) : ([desc, lt] as const);
    // The status stays out, as the totals count both sides of it.
    const matching = and(
      eq(tasks.ownerId, sql.placeholder("ownerId")),
      isNull(tasks.deletedAt),
      priority ? eq(tasks.priority, sql.placeholder("priority")) : undefined,
      ...Array.from({ length: words }, (_, index) => {
        const word = sql.placeholder(`word${index}`);
        return or(contains(tasks.titleKey, word), contains(tasks.descriptionKey, word));
      }),
    );
    const standing = { open: isNull(tasks.completedAt), completed: isNotNull(tasks.completedAt), all: undefined }[
      status
    ];
    const from = cursor
      ? or(after(expression, param), and(eq(expression, param), after(tasks.id, sql.placeholder("id"))))
      : undefined;
    const { id, title, description, completedAt, createdAt, updatedAt } = tasks;
    const columns = { id, title, description, priority: tasks.priority, completedAt, createdAt, updatedAt };
    return {
      page: rowsOf(
        engine,
        columns,
        read
          .select(columns)
          .from(tasks)
          .where(and(matching, standing, from))
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
   * @returns the queries for this list with the values they are bound to, and the cursor that goes on from a task
   * @throws AppError `invalid` for a cursor of another list
   */
  return function listing(ownerId: string, query: TaskQuery) {
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
    const queries = kept.get(key) ?? prepare(shape);
    kept.set(key, queries);
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

/** Text that every engine takes. */
const isPlain = (value: unknown): value is string =>
  typeof value === "string" && value.isWellFormed() && !value.includes("\0");

/** @throws AppError `invalid` for a cursor that is not ours, or that belongs to another sorting */
function readCursor(cursor: string, sort: Sort, order: Order): Pick<Cursor, "position" | "id"> {
  try {
    const [cursorSort, cursorOrder, position, id, ...rest] = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (cursorSort === sort && cursorOrder === order && isPlain(id) && rest.length === 0) {
      if (sort === "title" && isPlain(position)) return { position, id };
      if (sort !== "title" && isStorable(position)) return { position, id };
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
