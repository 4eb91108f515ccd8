import { and, desc, eq, getTableColumns, gt, inArray, lt, ne, type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../actor.ts";
import { inChunks } from "../../chunks.ts";
import type { Database, Reader } from "../../db/database.ts";
import { rowsOf } from "../../db/prepared.ts";
import type { Schema } from "../../db/schema/index.ts";
import { tableFrom, unionOf } from "../../db/union.ts";
import { AppError } from "../../errors.ts";
import { createExpander, type LongFieldsOf } from "./long-texts.ts";
import type { Change, ChangePage, ChangeQuery, Values, Verb } from "./model.ts";

const PAGE = 50;
const ACTION_BATCH = 200;
/** Changes that the activity shows of one action. */
const SHOWN = 50;

/** Changes that were made together. */
export interface Action {
  /** Its changes, or some of them. */
  readonly changes: readonly Change[];
  /** The number of its changes. */
  readonly size: number;
}

interface ActionPage {
  readonly items: readonly Action[];
  /** `before` of the next page; null on the last. */
  readonly nextBefore: number | null;
}

export type ChangeLog = ReturnType<typeof createChangeLog>;

/**
 * Reads the change log: activity, undo and live updates are based on it.
 * @param keptFrom returns the time from which changes are kept; undefined for all
 */
export function createChangeLog(db: Database, longFieldsOf: LongFieldsOf, keptFrom: () => Date | undefined) {
  const { changes } = db.schema;
  const expand = createExpander(db, longFieldsOf);

  const after = rowsOf(
    db.engine,
    getTableColumns(changes),
    db.read
      .select()
      .from(changes)
      .where(and(eq(changes.projectId, sql.placeholder("projectId")), gt(changes.id, sql.placeholder("after"))))
      .orderBy(changes.id)
      .limit(sql.placeholder("limit"))
      .prepare(),
  );

  const othersOf = rowsOf(
    db.engine,
    getTableColumns(changes),
    db.read
      .select()
      .from(changes)
      .where(eq(changes.actionId, sql.placeholder("first")))
      .limit(SHOWN - 1)
      .prepare(),
  );

  /**
   * Returns the newest changes in some projects as a table that a query selects from.
   * @param task only changes to this one
   */
  function newestIn(
    reader: Reader,
    projectIds: readonly string[],
    task: string | undefined,
    limit: number,
    also?: SQL,
  ) {
    const newest = (condition: SQL | undefined) =>
      reader.select().from(changes).where(and(condition, also)).orderBy(desc(changes.id)).limit(limit);
    if (task !== undefined) return newest(and(eq(changes.entityId, task), isIn(projectIds))).as("changes");
    const [first, ...others] = projectIds.map((projectId) => newest(eq(changes.projectId, projectId)));
    if (first && others.length === 0) return first.as("changes");
    const all = tableFrom("every_part", unionOf([first, ...others].filter((part) => part !== undefined)));
    return tableFrom("changes", sql`select * from ${all} order by id desc limit ${limit}`);
  }

  const isIn = (projectIds: readonly string[]) =>
    projectIds.length === 1
      ? eq(changes.projectId, projectIds[0] ?? "")
      : inArray(changes.projectId, projectIds as string[]);

  /** Returns whether a change is too old to be kept: it may be the last one that is left of an action. */
  const isOld = (at: Date | string) => new Date(at) < (keptFrom() ?? new Date(0));

  return {
    isOld,

    /** Returns a project's changes after one of them, oldest first. */
    async changesAfter(projectId: string, id: number, limit: number): Promise<Change[]> {
      return (await expand(db.read, await after({ projectId, after: id, limit }))).map(toChange);
    },

    /**
     * Returns a page of the changes that the actor sees, or of those to one task or in one project, newest first.
     * @throws AppError `notFound` for a project that the actor does not see
     */
    async listChanges(actor: Actor, { task, project, before, limit = PAGE }: ChangeQuery = {}): Promise<ChangePage> {
      const earlier = before === undefined ? undefined : lt(changes.id, Number(before));
      const source = newestIn(db.read, projectsSeen(actor, project), task, Number(limit) + 1, earlier);
      const rows = byNewest(await db.read.select(getTableColumns(changes)).from(source));
      const items = (await expand(db.read, rows.slice(0, Number(limit)))).map(toChange);
      return { items, nextBefore: rows.length > items.length ? (items.at(-1)?.id ?? null) : null };
    },

    /**
     * Returns a page of the actions that the actor sees, newest first, each with up to 50 of its changes. Sign-ins
     * and other events of the account itself are left out. With `task`, it returns only the change to
     * that task of each action; with `project`, only the changes there. Their long texts may be incomplete.
     * @throws AppError `notFound` for a project that the actor does not see
     */
    async listActions(
      actor: Actor,
      { task, project, before }: { task?: string; project?: string; before?: number },
    ): Promise<ActionPage> {
      const projectIds = projectsSeen(actor, project);
      const ids = sql.join(
        projectIds.map((id) => sql`${id}`),
        sql`, `,
      );
      // Purging a task removes its changes, and the first change of an action may be one of them, or in another project.
      const isFirst = sql`(${changes.actionId} is null or not exists (select 1 from ${changes} as head where head.id = ${changes.actionId} and head.project_id in (${ids})))`;
      const action = sql`coalesce(changes.action_id, changes.id)`;
      const size = sql<number>`(select count(distinct each_one.entity_id) from ${changes} as each_one where (each_one.id = ${action} or each_one.action_id = ${action}) and each_one.project_id in (${ids}))`;
      const condition = and(
        ne(changes.entity, "account"),
        task === undefined ? isFirst : undefined,
        before === undefined ? undefined : lt(changes.id, before),
      );
      // A few actions can have thousands of changes, which are read and counted.
      const found = await db.readLong({ accountId: actor.user.id }, (reader) =>
        reader
          .select({ ...getTableColumns(changes), size: size.mapWith(Number) })
          .from(newestIn(reader, projectIds, task, PAGE + 1, condition)),
      );
      const actionIdOf = ({ actionId, id }: { actionId: number | null; id: number }) => actionId ?? id;
      const rows = byNewest(found).filter(
        // Moving a task is a change in two projects.
        (row, index, all) => !all[index - 1] || actionIdOf(row) !== actionIdOf(all[index - 1] as typeof row),
      );
      const items: Action[] = [];
      for await (const chunk of inChunks(rows.slice(0, PAGE), 5))
        for (const { size, ...row } of chunk) {
          const others = size === 1 || task !== undefined ? [] : await othersOf({ first: row.id });
          const visible = others.filter(({ projectId }) => projectIds.includes(projectId));
          items.push({ changes: oneOfEach([row, ...visible].map(toChange)), size });
        }
      return { items, nextBefore: found.length > PAGE ? (items.at(-1)?.changes[0]?.id ?? null) : null };
    },

    /**
     * Returns all changes of the action that a change belongs to, also those in projects that the actor does not see;
     * none if the actor does not see the change, or if it is too old to be kept.
     */
    async actionOf(reader: Reader, { access }: Actor, id: number): Promise<Change[]> {
      const byId = (wanted: number) => reader.select().from(changes).where(eq(changes.id, wanted));
      const [change] = (await byId(id)).filter(({ projectId }) => access.projects.has(projectId));
      if (!change || isOld(change.at)) return [];
      // Purging a task removes its changes. The others of the action still refer to the first one.
      const first = change.actionId ?? id;
      const found = (await expand(reader, first === id ? [change] : await byId(first))).map(toChange);
      for (;;) {
        const after = gt(changes.id, found.at(-1)?.id ?? first);
        const rows = await reader
          .select()
          .from(changes)
          .where(and(eq(changes.actionId, first), after))
          .orderBy(changes.id)
          .limit(ACTION_BATCH);
        found.push(...(await expand(reader, rows)).map(toChange));
        if (rows.length < ACTION_BATCH) return found;
        // One action can have thousands of changes: other requests run in between.
        await new Promise(setImmediate);
      }
    },

    /** Returns the oldest change of a project, and whether older ones may have been removed. */
    async oldestChange(projectId: string): Promise<{ id: number; pruned: boolean } | undefined> {
      const [oldest] = await db.read
        .select({ id: changes.id, at: changes.at })
        .from(changes)
        .where(eq(changes.projectId, projectId))
        .orderBy(changes.id)
        .limit(1);
      return oldest && { id: oldest.id, pruned: isOld(oldest.at) };
    },

    /** Returns the changes to some items after a change, newest first. Their long texts may be incomplete. */
    async changesSince(reader: Reader, entityIds: string[], id: number): Promise<Change[]> {
      const found: Change[] = [];
      for await (const chunk of inChunks(entityIds)) {
        const rows = await reader
          .select()
          .from(changes)
          .where(and(inArray(changes.entityId, chunk), gt(changes.id, id)));
        found.push(...rows.map(toChange));
      }
      return found.sort((a, b) => b.id - a.id);
    },
  };
}

/** Returns the projects whose changes the actor sees, or one of them. @throws AppError `notFound` */
function projectsSeen({ access }: Actor, project: string | undefined): string[] {
  if (project === undefined) return [...access.projects.keys()];
  if (!access.projects.has(project)) throw new AppError("notFound", "There is no such project.");
  return [project];
}

const byNewest = <Row extends { id: number }>(rows: Row[]) => rows.sort((one, other) => other.id - one.id);

/** Returns one change of each item: moving one is a change in two projects. */
export const oneOfEach = (changes: readonly Change[]): Change[] =>
  [...new Map(changes.toReversed().map((change) => [change.entityId, change])).values()].reverse();

function toChange(row: Schema["changes"]["$inferSelect"]): Change {
  return {
    ...row,
    verb: row.verb as Verb,
    before: row.before as Values | null,
    after: row.after as Values | null,
    actionId: row.actionId ?? row.id,
    at: row.at.toISOString(),
  };
}
