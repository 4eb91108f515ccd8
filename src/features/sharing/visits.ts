import { and, desc, eq, gt, isNotNull, max, ne, or } from "drizzle-orm";
import type { Actor } from "../../actor.ts";
import type { Database } from "../../db/database.ts";
import { readPosition } from "../changes/position.ts";
import { noSuchProject, projectsOfList } from "../projects/access.ts";

/** An open page reports a visit every 30 seconds; whoever has missed two reports has left. */
const PRESENT_MS = 75_000;
/** A visit ends after this long without a report. */
const VISIT_MS = 10 * 60_000;
/** Changes of each project that are read for marks. */
const MAX_CHANGES = 500;

/** What others have changed since the reader's visit before, in the projects of the reader that are shared. */
export interface Unread {
  /** The newest change of each task: of the task, or a new comment. */
  readonly tasks: ReadonlyMap<string, number>;
  /** The ids of the projects with changes that the reader has not had open at all. */
  readonly projects: readonly string[];
}

/** Who has a project open. A visit is not a change: it is in no log, and no cached response depends on it. */
export function createVisits(db: Database) {
  const { members, users, changes } = db.schema;

  /** Returns what others have changed in a project after a change, newest first. */
  const changedIn = (projectId: string, accountId: string, after: number) =>
    db.read
      .select({ id: changes.id, entity: changes.entity, entityId: changes.entityId, after: changes.after })
      .from(changes)
      .where(
        and(
          eq(changes.projectId, projectId),
          gt(changes.id, after),
          or(eq(changes.entity, "task"), and(eq(changes.entity, "comment"), eq(changes.verb, "create"))),
          ne(changes.actorId, accountId),
        ),
      )
      .orderBy(desc(changes.id))
      .limit(MAX_CHANGES);

  return {
    /**
     * Reports that the actor has a project open, and returns the usernames of who else has. In a project that is not
     * shared, nothing is written.
     * @throws AppError `notFound`
     */
    async visit({ user, access }: Actor, projectId: string): Promise<string[]> {
      if (access.projects.get(projectId)?.deleted !== false) throw noSuchProject();
      const others = and(eq(members.projectId, projectId), ne(members.accountId, user.id));
      if ((await db.read.select({ id: members.accountId }).from(members).where(others).limit(1)).length === 0)
        return [];
      const own = and(eq(members.projectId, projectId), eq(members.accountId, user.id));
      const now = new Date();
      await db.write(async (tx) => {
        const [member] = await tx.select().from(members).where(own);
        if (!member) throw noSuchProject();
        const [log] = await tx
          .select({ newest: max(changes.id) })
          .from(changes)
          .where(eq(changes.projectId, projectId));
        const newest = Number(log?.newest ?? 0);
        const unreadAfter = readUntil(member, now) ?? newest;
        await tx.update(members).set({ lastSeenAt: now, lastSeenChange: newest, unreadAfter }).where(own);
      }, projectId);
      const present = await db.read
        .select({ username: users.username })
        .from(members)
        .innerJoin(users, eq(users.id, members.accountId))
        .where(and(others, gt(members.lastSeenAt, new Date(now.getTime() - PRESENT_MS))));
      return present.map(({ username }) => username).sort();
    },

    /** Returns what others have changed since the actor's visits before, in projects that are not archived. */
    async unread(actor: Actor): Promise<Unread> {
      const { user, access } = actor;
      const newest = new Map(readPosition(access.position, access.projects.keys()));
      const seen = await db.read
        .select()
        .from(members)
        .where(and(eq(members.accountId, user.id), isNotNull(members.lastSeenChange)));
      const shown = new Set(projectsOfList(actor));
      const [tasks, projects] = [new Map<string, number>(), new Set<string>()];
      for (const member of seen) {
        const { projectId, lastSeenChange } = member;
        const after = readUntil(member, new Date()) ?? 0;
        if (!shown.has(projectId) || (newest.get(projectId) ?? 0) <= after) continue;
        for (const change of await changedIn(projectId, user.id, after)) {
          const isComment = change.entity === "comment";
          const id = isComment ? String((change.after as { taskId?: string } | null)?.taskId) : change.entityId;
          if (!tasks.has(id)) tasks.set(id, change.id);
          if (change.id > (lastSeenChange ?? 0)) projects.add(projectId);
        }
      }
      return { tasks, projects: [...projects] };
    },
  };
}

/** Returns the newest change that a member had seen before this visit; null if it is their first. */
function readUntil(
  {
    lastSeenAt,
    lastSeenChange,
    unreadAfter,
  }: { lastSeenAt: Date | null; lastSeenChange: number | null; unreadAfter: number | null },
  now: Date,
): number | null {
  const isSameVisit = now.getTime() - (lastSeenAt?.getTime() ?? 0) < VISIT_MS;
  return isSameVisit ? unreadAfter : lastSeenChange;
}
