import type { Actor } from "../../actor.ts";
import { Cache } from "../../cache.ts";
import type { Database, Reader } from "../../db/database.ts";
import { assertWanted, type Turn } from "../../db/turns.ts";
import { projectsOfList } from "../projects/access.ts";
import { addCounts, type createTaskCounts } from "./counts.ts";
import { type TaskRow, toTask } from "./entity.ts";
import type { createLabels } from "./labels.ts";
import { createListQueries, isManual } from "./list-queries.ts";
import type { Priority, TaskPage, TaskQuery, Totals } from "./model.ts";
import { createSectionList } from "./section-list.ts";

const PAGE = 50;
const MAX_COUNTED = 10_000;
/** A search of more tasks than this runs as a long read, and so does a list that may skip more. */
const MAX_SEARCHED = 200;
const MAX_SKIPPED = 2000;
/** A page of more rows than this is read in parts, so that other requests run in between. */
const MAX_READ = 200;

/** Reads lists of tasks, with their counts: what may take long beside the event loop, and long pages in parts. */
export function createList(
  db: Database,
  counts: Pick<ReturnType<typeof createTaskCounts>, "read">,
  labels: Pick<ReturnType<typeof createLabels>, "read">,
) {
  const listQueries = createListQueries(db);
  const sectionsOf = createSectionList(db);
  const counted = new Cache<{ position: string; totals: Totals }>(MAX_COUNTED);

  /** Returns the queries of a list, its totals unless they have to be counted, and whether its reads may take long. */
  async function openList(actor: Actor, query: TaskQuery) {
    const projectIds = projectsOfList(actor, query.project);
    const sections = isManual(query) && query.project ? (await sectionsOf(query.project)).map(({ id }) => id) : [];
    const list = listQueries(projectIds, sections, assigned(actor, query), actor.timeZone);
    const byProject = await counts.read(projectIds);
    const of = (priority: Priority | undefined, projects = [...byProject.values()]) =>
      addCounts(projects.flatMap((own) => (priority ? [own[priority]] : Object.values(own))));
    const { open, completed } = of(list.priority);
    const all = of(undefined);
    const total = all.open + all.completed + all.deleted;
    const projectsWith = (priority: Priority | undefined) =>
      [...byProject].flatMap(([id, own]) => (inStatus(of(priority, [own]), list.status) > 0 ? [id] : []));
    if (list.label !== undefined) {
      const used = (await labels.read(projectIds)).get(list.label);
      const { open, completed, projects } = used ?? { open: 0, completed: 0, projects: new Map() };
      const known = isPlain(list) ? { open, completed } : undefined;
      const isLong = open + completed > (list.words.length > 0 ? MAX_SEARCHED : MAX_SKIPPED);
      const withLabel = (priority: Priority | undefined) => projectsWith(priority).filter((id) => projects.has(id));
      return { ...list, projectsWith: withLabel, known, isLong };
    }
    if (list.words.length > 0) return { ...list, projectsWith, known: undefined, isLong: total > MAX_SEARCHED };
    if (list.byDate) return { ...list, projectsWith, known: undefined, isLong: list.skips && total > MAX_SKIPPED };
    // An index has the tasks of an assignee.
    if (list.assignee) return { ...list, projectsWith, known: undefined, isLong: total > MAX_SKIPPED };
    const skipped = total - (list.byPriority || list.skips ? 0 : inStatus({ open, completed }, list.status));
    return { ...list, projectsWith, known: { open, completed }, isLong: skipped > MAX_SKIPPED };
  }

  async function readRows(actor: Actor, query: TaskQuery, limit: number) {
    const { isLong, projectsWith, page, cursorAt } = await openList(actor, query);
    const read = (reader: Reader) => page(reader, limit, projectsWith);
    const rows = await (isLong ? db.readLong({ accountId: actor.user.id }, read) : read(db.read));
    return { rows, cursorAt };
  }

  async function countMatches(list: ReturnType<typeof listQueries>, reader: Reader, position?: string) {
    const kept = position === undefined ? undefined : counted.get(list.countsKey);
    if (kept && kept.position === position) return kept.totals;
    const totals = await list.totals(reader);
    if (position !== undefined) counted.set(list.countsKey, { position, totals });
    return totals;
  }

  async function readPage(
    actor: Actor,
    query: TaskQuery,
    position?: string,
    turn?: Omit<Turn, "accountId">,
  ): Promise<TaskPage> {
    const list = await openList(actor, query);
    const limit = query.limit ?? PAGE;
    const read = async (reader: Reader): Promise<{ totals: Totals; rows: TaskRow[] }> => {
      const totals = list.known ?? (await countMatches(list, reader, position));
      if (inStatus(totals, list.status) === 0) return { totals, rows: [] };
      assertWanted(turn?.signal);
      return { totals, rows: await list.page(reader, limit + 1, list.projectsWith) };
    };
    const { totals, rows } = await (list.isLong
      ? db.readLong({ accountId: actor.user.id, ...turn }, read)
      : read(db.read));
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return { items: rows.slice(0, limit).map(toTask), nextCursor: last ? list.cursorAt(last) : null, totals };
  }

  return {
    /**
     * Returns a page of the tasks that match.
     * @param position that of the account when the request came; with it, counts are kept while it stays the same
     * @param turn of a long read
     * @throws AppError `notFound` for another project than those that the actor sees; `invalid` for a cursor of another
     * list; what `Database.readLong` throws
     */
    async listTasks(
      actor: Actor,
      query: TaskQuery = {},
      position?: string,
      turn?: Omit<Turn, "accountId">,
    ): Promise<TaskPage> {
      const limit = query.limit ?? PAGE;
      const page = await readPage(actor, { ...query, limit: Math.min(limit, MAX_READ) }, position, turn);
      const items = [...page.items];
      let cursor = page.nextCursor;
      while (cursor !== null && items.length < limit) {
        await new Promise(setImmediate);
        const part = { ...query, cursor, limit: Math.min(limit - items.length, MAX_READ) };
        const next = await readPage(actor, part, position, turn);
        items.push(...next.items);
        cursor = next.nextCursor;
      }
      return { ...page, items, nextCursor: cursor };
    },

    /** Returns the counts of a list as they are now. */
    async countTasks(actor: Actor, query: TaskQuery): Promise<Totals> {
      const list = await openList(actor, query);
      if (list.known) return list.known;
      const count = (reader: Reader) => countMatches(list, reader);
      return list.isLong ? db.readLong({ accountId: actor.user.id }, count) : count(db.read);
    },

    /** Returns the id of the task that follows a task in a list, if there is one. */
    async nextTask(actor: Actor, query: TaskQuery, row: TaskRow): Promise<string | undefined> {
      const { cursorAt } = await openList(actor, query);
      const { rows } = await readRows(actor, { ...query, cursor: cursorAt(row) }, 1);
      return rows[0]?.id;
    },

    readRows,
  };
}

/** Returns whether a list has everything with its label. */
const isPlain = ({ words, byDate, assignee, priority }: ReturnType<ReturnType<typeof createListQueries>>) =>
  words.length === 0 && !byDate && assignee === undefined && priority === undefined;

/** Returns a query in which an account is named by its id. */
const assigned = ({ user }: Actor, query: TaskQuery): TaskQuery =>
  query.assignee === "me" ? { ...query, assignee: user.id } : query;

const inStatus = ({ open, completed }: Totals, status: "open" | "completed" | "all") =>
  ({ open, completed, all: open + completed })[status];
