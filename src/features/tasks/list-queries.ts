import {
  and,
  asc,
  type Column,
  desc,
  eq,
  getTableColumns,
  gte,
  inArray,
  isNotNull,
  isNull,
  like,
  lt,
  lte,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { Cache } from "../../cache.ts";
import type { Database, Reader } from "../../db/database.ts";
import { padded, preparedFor, rowsOf } from "../../db/prepared.ts";
import type { Schema } from "../../db/schema/index.ts";
import { tableFrom, unionForEach, unionOf } from "../../db/union.ts";
import { fold } from "../../text/fold.ts";
import { sortKey } from "../../text/sort-key.ts";
import { invalid } from "../../validation/check.ts";
import { isStorableTime } from "../../validation/types.ts";
import { dueKey } from "./due.ts";
import { EVERYTHING, isByDate, isDueKey, isStartKey, mergeByDue, rangesOf, startsOf, todayIn } from "./due-lists.ts";
import type { TaskRow } from "./entity.ts";
import {
  defaultOrder,
  type Order,
  PRIORITIES,
  type Priority,
  type Sort,
  searchWords,
  type TaskQuery,
  type Totals,
} from "./model.ts";

type Tasks = Schema["tasks"];
type Placeholder = ReturnType<typeof sql.placeholder>;
type SelectedFields = Record<string, SQLiteColumn>;
/**
 * A row's position in a sorting: a time in milliseconds, a sort key, or a rank; null for a task that is not due, or no
 * longer in the manual order.
 */
type Position = string | number | null;

const placeholder = sql.placeholder("position");

/**
 * Each sort in SQL, a task's position in it, and how a cursor's position is bound. An expression must never be null: a
 * row with null would be on no page after the first.
 */
const sortings = (tasks: Tasks) => ({
  // Ids sort by creation, and the rows are stored by id.
  createdAt: { ...time(tasks.createdAt, (row) => row.createdAt), expression: undefined },
  updatedAt: time(tasks.updatedAt, (row) => row.updatedAt),
  // An open task counts as completed when it was created.
  completedAt: {
    ...time(tasks.completedAt, (row) => row.completedAt ?? row.createdAt),
    expression: sql`coalesce(${tasks.completedAt}, ${tasks.createdAt})`,
  },
  title: {
    expression: sql`${tasks.titleSort}`,
    position: (row: TaskRow): Position => sortKey(row.title),
    param: sql`${placeholder}`,
    bind: (position: Position): unknown => position,
  },
  // Null only in a part of its own, which is sorted by creation.
  dueDate: {
    expression: sql`${tasks.dueKey}`,
    position: (row: TaskRow): Position => dueKey(row),
    param: sql`${placeholder}`,
    bind: (position: Position): unknown => position,
  },
  // Only tasks that have started and are not due.
  startDate: {
    expression: sql`${tasks.startDate}`,
    position: (row: TaskRow): Position => `s${row.startDate}`,
    param: sql`${placeholder}`,
    bind: (position: Position): unknown => String(position).slice(1),
  },
  // Only open tasks of one section: the completed ones are a part of their own, sorted by creation.
  manual: {
    expression: sql`${tasks.outline}`,
    position: (row: TaskRow): Position => (row.completedAt === null ? `${row.sectionId ?? ""} ${row.outline}` : null),
    param: sql`${placeholder}`,
    bind: (position: Position): unknown => String(position).split(" ")[1],
  },
});

type StoredSort = Exclude<Sort, "priority"> | "startDate";

const time = (column: Column, of: (row: TaskRow) => Date) => ({
  expression: sql`${column}`,
  position: (row: TaskRow): Position => of(row).getTime(),
  param: sql`${sql.param(placeholder, column)}`,
  bind: (position: Position): unknown => new Date(position as number),
});

/** Everything that makes the SQL of one list differ from another's. Values are bound. */
interface Shape {
  status: "open" | "completed" | "all";
  priority: boolean;
  assignee: boolean;
  label: boolean;
  words: number;
  /** Only tasks that have started. */
  started: boolean;
  /**
   * Only tasks that are due in two ranges, or in one, which ends at the placeholder; those that are not due; or of these
   * only those that have started. Today has the ranges with those that have started.
   */
  due: "any" | "ranges" | "today" | "range" | "never" | "started";
  /** Only tasks without a section, or of one section. */
  section: "any" | "none" | "one";
  sort: StoredSort;
  order: Order;
  cursor: boolean;
  projects: number;
}

/** Prepared queries that a process keeps. */
const MAX_PREPARED = 2000;

/** Part of a list: the tasks of one priority, or of one section, or all of them. */
interface Part {
  readonly priority?: Priority | undefined;
  /** Null for the tasks without a section. */
  readonly section?: string | null;
  /** How the part differs from the list. */
  readonly shape?: Partial<Pick<Shape, "status" | "sort">>;
  readonly cursor?: Pick<Cursor, "position" | "id"> | undefined;
}

/** Returns how a list is sorted. By default, the open tasks of one project have the order that its members gave them. */
export function sortOf({ sort, due, dueFrom, dueTo, project, status }: TaskQuery): Sort {
  if (sort !== undefined) return sort;
  if (isByDate({ due, dueFrom, dueTo })) return "dueDate";
  return project !== undefined && status !== "completed" ? "manual" : "createdAt";
}

/** Returns whether a list is in manual order. */
export const isManual = (query: TaskQuery): boolean => sortOf(query) === "manual";

/** Returns the queries of task lists. Each is prepared on first use and kept: preparing one costs more than running it. */
export function createListQueries({ engine, schema: { tasks, taskLabels } }: Database) {
  const sorts = sortings(tasks);
  const prepared = preparedFor((_: Reader) => new Cache<ReturnType<typeof prepare>>(MAX_PREPARED));

  const { dueKey: key, startDate } = tasks;
  const within = (kind: "d" | "t") =>
    and(gte(key, sql`${sql.placeholder(`${kind}Low`)}`), lt(key, sql`${sql.placeholder(`${kind}High`)}`));

  function prepare(
    reader: Reader,
    { status, priority, assignee, label, words, started, due, section, sort, order, cursor, projects }: Shape,
  ) {
    const { expression, param } = sorts[sort];
    const [direction, after] = order === "asc" ? ([asc, sql`>`] as const) : ([desc, sql`<`] as const);
    const today = sql`${sql.placeholder("today")}`;
    const isOpen = isNull(tasks.completedAt);
    const onlyStarted = and(isNull(key), isNotNull(startDate), lte(startDate, today), isOpen);
    // Without the status: the totals count open and completed tasks.
    const matching = and(
      isNull(tasks.deletedAt),
      priority ? eq(tasks.priority, sql.placeholder("priority")) : undefined,
      assignee ? eq(tasks.assigneeId, sql.placeholder("assignee")) : undefined,
      ...Array.from({ length: words }, (_, index) => {
        const word = sql.placeholder(`word${index}`);
        return or(contains(tasks.titleKey, word), contains(tasks.descriptionKey, word));
      }),
      started ? or(isNull(startDate), lte(startDate, today)) : undefined,
      {
        any: undefined,
        ranges: or(within("d"), within("t")),
        today: or(within("d"), within("t"), onlyStarted),
        range: undefined,
        never: isNull(key),
        started: onlyStarted,
      }[due],
    );
    const end = sql`${sql.placeholder("end")}`;
    const untilEnd = due === "range" ? (order === "asc" ? lt(key, end) : gte(key, end)) : undefined;
    const withStatus = { open: isNull(tasks.completedAt), completed: isNotNull(tasks.completedAt), all: undefined }[
      status
    ];
    // A row value seeks in the index. `a < ? OR (a = ? AND id < ?)` would read every row before the page.
    const from = expression
      ? sql`(${expression}, ${tasks.id}) ${after} (${param}, ${sql.placeholder("id")})`
      : sql`${tasks.id} ${after} ${sql.placeholder("id")}`;
    const { titleKey, titleSort, descriptionKey, dueKey, deletedAt, version, ...columns } = getTableColumns(tasks);
    const ids = Array.from({ length: projects }, (_, index) => sql.placeholder(`project${index}`));
    /** Matches what is in some projects, and has the label. */
    const inThese = (...some: Placeholder[]) => {
      const among = (column: SQLiteColumn) =>
        some.length === 1 ? eq(column, some[0] as Placeholder) : inArray(column, some);
      const { projectId, taskId, labelKey } = taskLabels;
      const labelled = sql`select ${projectId}, ${taskId} from ${taskLabels} where ${among(projectId)} and ${labelKey} = ${sql.placeholder("label")}`;
      return and(among(tasks.projectId), label ? sql`(${tasks.projectId}, ${tasks.id}) in (${labelled})` : undefined);
    };
    const inProjects = inThese(...ids);
    const inSection = {
      any: undefined,
      none: isNull(tasks.sectionId),
      one: eq(tasks.sectionId, sql.placeholder("section")),
    }[section];
    const orderBy = [
      // The columns of the index, which PostgreSQL does not use for sorting without.
      ...(section === "any" ? [] : [direction(tasks.sectionId)]),
      ...(expression ? [direction(expression)] : []),
      direction(tasks.id),
    ];
    /** Selects the first rows of one project; the columns must include what they are sorted by. */
    const first = (selected: SelectedFields, id: Placeholder) =>
      reader
        .select(selected)
        .from(tasks)
        .where(and(inThese(id), inSection, matching, withStatus, cursor ? from : undefined, untilEnd))
        .orderBy(...orderBy)
        .limit(sql.placeholder("limit"));
    const ofProject = (id: Placeholder) => first({ ...columns, titleSort, dueKey }, id);
    const ofAll = () =>
      engine === "postgres"
        ? unionForEach(ids, (id) => ofProject(id as unknown as Placeholder))
        : unionOf(ids.map(ofProject));
    const merged = () =>
      reader
        .select(columns)
        .from(tableFrom("tasks", ofAll()))
        .orderBy(...orderBy)
        .limit(sql.placeholder("limit"));
    return {
      page: rowsOf<TaskRow>(
        engine,
        columns,
        (ids.length === 1 ? first(columns, ids[0] as Placeholder) : merged()).prepare() as never,
      ),
      totals: reader
        .select({
          all: sql<number>`count(*)`.mapWith(Number),
          completed: sql<number>`count(${tasks.completedAt})`.mapWith(Number),
        })
        .from(tasks)
        .where(and(inProjects, matching))
        .prepare(),
      count:
        due === "range" || due === "started"
          ? reader
              .select({ count: sql<number>`count(*)`.mapWith(Number) })
              .from(tasks)
              .where(
                and(
                  inProjects,
                  matching,
                  withStatus,
                  untilEnd,
                  due === "range" ? gte(key, sql`${placeholder}`) : undefined,
                ),
              )
              .prepare()
          : undefined,
    };
  }

  function queriesFor(reader: Reader, shape: Shape) {
    const known = prepared(reader);
    const key = Object.values(shape).join();
    const queries = known.get(key) ?? prepare(reader, shape);
    known.set(key, queries);
    return queries;
  }

  /**
   * Returns how to read one list.
   * @param projectIds the projects that it is over
   * @param sections those of the only project, in their order, for a list in manual order
   * @throws AppError `invalid` for a cursor of another list
   */
  return function listQueries(
    projectIds: readonly string[],
    sections: readonly string[],
    query: TaskQuery,
    timeZone: string,
  ) {
    const { assignee } = query;
    const label = query.label === undefined ? undefined : fold(query.label.trim());
    const byDate = isByDate(query);
    const sort = sortOf(query);
    const { status = query.due ? "open" : "all", priority, order = defaultOrder(sort) } = query;
    if (sort === "manual" && query.project === undefined)
      throw invalid([{ path: "/sort", rule: "requires", message: "Sort manual needs a project." }]);
    const words = searchWords(query.q);
    const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor, sort, order);
    const storedSort = sort === "priority" ? "createdAt" : sort;
    const ranges = byDate ? rangesOf(query, timeZone) : EVERYTHING;
    const started = query.due === "today";
    const withUndated = started && !query.dueFrom && !query.dueTo;
    const due = withUndated ? ("today" as const) : byDate ? ("ranges" as const) : ("any" as const);
    const shape = {
      status,
      priority: priority !== undefined,
      assignee: assignee !== undefined,
      label: label !== undefined,
      words: words.length,
      started,
      due,
      section: "any" as const,
      sort: storedSort,
      order,
    };
    const patterns = words.map((word, index) => [`word${index}`, `%${word.replace(/[\\%_]/g, "\\$&")}%`]);
    const bounds = { dLow: ranges.d.low, dHigh: ranges.d.high, tLow: ranges.t.low, tHigh: ranges.t.high };
    const today = started ? todayIn(timeZone).today : undefined;
    const values = { priority, assignee, label, today, ...bounds, ...Object.fromEntries(patterns) };
    const parts: Part[] =
      sort === "priority"
        ? partsByPriority(priority, order, cursor)
        : sort === "manual"
          ? partsBySection(sections, status, order, cursor).map((part) => ({ ...part, priority }))
          : [{ priority, cursor }];
    const statuses = status === "all" ? (["open", "completed"] as const) : [status];

    /** Reads tasks that have started and are not due, the first started first. */
    function pageOfStarted(reader: Reader, filled: readonly string[], limit: number) {
      const { size: projects, values: ids } = padded("project", filled);
      const isWithin = isStartKey(cursor?.position);
      const own = { due: "started", sort: "startDate", order: "asc", cursor: isWithin, projects } as const;
      const { page } = queriesFor(reader, { ...shape, ...own });
      const after = isWithin && { position: sorts.startDate.bind(cursor.position), id: cursor.id };
      return page({ ...values, ...ids, ...after, limit });
    }

    /** Reads the parts of a list by due date: open and completed tasks with a date and with a time, then those without. */
    async function pageByDue(reader: Reader, limit: number, filled: readonly string[]): Promise<TaskRow[]> {
      if (filled.length === 0) return [];
      const { size: projects, values: ids } = padded("project", filled);
      const bound = { ...values, ...ids };
      const dated: TaskRow[][] = [];
      if (cursor?.position !== null && !isStartKey(cursor?.position)) {
        const after = cursor && { position: String(cursor.position), id: cursor.id };
        for (const start of startsOf(ranges, order, timeZone, after))
          for (const each of statuses) {
            const { page } = queriesFor(reader, { ...shape, status: each, due: "range", cursor: true, projects });
            dated.push(await page({ ...bound, ...start, limit }));
          }
      }
      const rows = mergeByDue(dated, order, timeZone).slice(0, limit);
      if (withUndated && rows.length < limit) rows.push(...(await pageOfStarted(reader, filled, limit - rows.length)));
      if (byDate || rows.length === limit) return rows;
      const isWithin = cursor?.position === null;
      const { page } = queriesFor(reader, { ...shape, due: "never", sort: "createdAt", cursor: isWithin, projects });
      rows.push(...(await page({ ...bound, ...(isWithin && { id: cursor.id }), limit: limit - rows.length })));
      return rows;
    }

    return {
      status,
      priority,
      words,
      assignee,
      label,
      byDate,
      byPriority: sort === "priority",
      /** Whether reading it may pass by many tasks that it does not show. */
      skips:
        (sort === "manual" && status !== "open") ||
        (sort === "dueDate" && (!byDate || priority !== undefined || assignee !== undefined || label !== undefined)) ||
        (byDate && sort !== "dueDate"),
      countsKey: Bun.SHA256.hash(
        JSON.stringify([
          projectIds,
          priority,
          assignee ?? null,
          label ?? null,
          ...(byDate ? [today, bounds, withUndated] : []),
          ...words,
        ]),
        "base64",
      ),
      async totals(reader: Reader): Promise<Totals> {
        const projects = padded("project", projectIds);
        const bound = { ...values, ...projects.values };
        if (!byDate) {
          const [{ all, completed } = { all: 0, completed: 0 }] = await queriesFor(reader, {
            ...shape,
            cursor: false,
            projects: projects.size,
          }).totals.execute(bound);
          return { open: all - completed, completed };
        }
        const totals = { open: 0, completed: 0 };
        for (const each of ["open", "completed"] as const)
          for (const { position, end } of startsOf(ranges, "asc", timeZone)) {
            const counting = {
              ...shape,
              status: each,
              due: "range",
              sort: "dueDate",
              order: "asc",
              cursor: false,
              projects: projects.size,
            } as const;
            const [row] = (await queriesFor(reader, counting).count?.execute({ ...bound, position, end })) ?? [];
            totals[each] += row?.count ?? 0;
          }
        if (withUndated) {
          const counting = { ...shape, due: "started", cursor: false, projects: projects.size } as const;
          const [row] = (await queriesFor(reader, counting).count?.execute(bound)) ?? [];
          totals.open += row?.count ?? 0;
        }
        return totals;
      },
      /** @param projectsWith returns the projects that have tasks of a priority, or any */
      async page(
        reader: Reader,
        limit: number,
        projectsWith: (priority: Priority | undefined) => readonly string[],
      ): Promise<TaskRow[]> {
        if (sort === "dueDate") return pageByDue(reader, limit, projectsWith(priority));
        const rows: TaskRow[] = [];
        for (const part of parts) {
          const filled = projectsWith(part.priority);
          if (rows.length === limit || filled.length === 0) continue;
          const projects = padded("project", filled);
          const { section } = part;
          const own = { ...shape, ...part.shape };
          const { page } = queriesFor(reader, {
            ...own,
            projects: projects.size,
            priority: part.priority !== undefined,
            section: section === undefined ? "any" : section === null ? "none" : "one",
            cursor: part.cursor !== undefined,
          });
          const from = part.cursor && { position: sorts[own.sort].bind(part.cursor.position), id: part.cursor.id };
          const given = { priority: part.priority, section, ...from, limit: limit - rows.length };
          rows.push(...(await page({ ...values, ...projects.values, ...given })));
        }
        return rows;
      },
      /** Returns the cursor that continues after a task. */
      cursorAt(row: TaskRow) {
        const own = sort === "dueDate" && withUndated && row.dueDate === null ? "startDate" : sort;
        const position = own === "priority" ? PRIORITIES.indexOf(row.priority) : sorts[own].position(row);
        return writeCursor({ sort, order, position, id: row.id });
      },
    };
  };
}

/** A list by priority is one list for each priority, so that it needs no index of its own. */
function partsByPriority(only: Priority | undefined, order: Order, cursor: Part["cursor"]): Part[] {
  const ordered = order === "asc" ? PRIORITIES : PRIORITIES.toReversed();
  const current = cursor && PRIORITIES[Number(cursor.position)];
  const from = current ? ordered.indexOf(current) : 0;
  return ordered
    .slice(from)
    .filter((priority) => only === undefined || priority === only)
    .map((priority) => ({ priority, cursor: priority === current ? cursor : undefined }));
}

/** @throws AppError `invalid` if the section of the cursor is gone */
function partsBySection(
  sections: readonly string[],
  status: Shape["status"],
  order: Order,
  cursor: Part["cursor"],
): Part[] {
  const open: Part[] = [null, ...sections].map((section) => ({ section, shape: { status: "open" } }));
  const completed: Part = { shape: { status: "completed", sort: "createdAt" } };
  const ascending = [...(status === "completed" ? [] : open), ...(status === "open" ? [] : [completed])];
  const parts = order === "asc" ? ascending : ascending.toReversed();
  if (!cursor) return parts;
  const section = cursor.position === null ? undefined : String(cursor.position).split(" ")[0] || null;
  const from = parts.findIndex((part) => part.section === section);
  if (from < 0) throw wrongCursor();
  return parts.slice(from).map((part, index) => (index === 0 ? { ...part, cursor } : part));
}

const contains = (column: Column, word: SQL | Placeholder): SQL => like(column, word).append(sql` escape '\\'`);

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

/** Returns the time that a page sorted by completion starts before; undefined for the first page. */
export function timeOfCursor(cursor: string | undefined): Date | undefined {
  return cursor === undefined ? undefined : new Date(Number(readCursor(cursor, "completedAt", "desc").position));
}

/** @throws AppError `invalid` for an unknown cursor, or one of another sorting */
function readCursor(cursor: string, sort: Sort, order: Order): Pick<Cursor, "position" | "id"> {
  try {
    const [cursorSort, cursorOrder, position, id, ...rest] = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (cursorSort === sort && cursorOrder === order && isPlain(id) && rest.length === 0) {
      if (sort === "manual" && (position === null || (isPlain(position) && /^[\w-]* [\w.-]*$/.test(position))))
        return { position, id };
      if (sort === "title" && isPlain(position)) return { position, id };
      if (sort === "dueDate" && (position === null || isDueKey(position) || isStartKey(position)))
        return { position, id };
      if (sort === "priority" && PRIORITIES[position]) return { position, id };
      if (sort.endsWith("At") && isStorableTime(position)) return { position, id };
    }
  } catch {
    // Not JSON: rejected below.
  }
  throw wrongCursor();
}

const wrongCursor = () =>
  invalid([
    {
      path: "/cursor",
      rule: "cursor",
      message: "Cursor does not belong to this list. Use nextCursor as you got it, with the same sort and order.",
    },
  ]);
