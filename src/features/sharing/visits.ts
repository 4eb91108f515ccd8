import { and, eq, gt, max, ne } from "drizzle-orm";
import type { Actor } from "../../actor.ts";
import type { Database } from "../../db/database.ts";
import { noSuchProject } from "../projects/access.ts";

/** An open page reports a visit every 30 seconds; whoever has missed two reports has left. */
const PRESENT_MS = 75_000;
/** A visit ends after this long without a report. */
const VISIT_MS = 10 * 60_000;
const MAX_UNREAD = 200;

/** Who else has a project open, and what they have changed since the reader's visit before. */
export interface Visit {
  readonly usernames: readonly string[];
  /** The ids of tasks. */
  readonly unread: readonly string[];
}

/** Who has a project open. A visit is not a change: it is in no log, and no cached response depends on it. */
export function createVisits(db: Database) {
  const { members, users, changes } = db.schema;

  return {
    /**
     * Reports that the actor has a project open, and returns who else has, and what others have changed since the visit
     * before. In a project that is not shared, nothing is written.
     * @throws AppError `notFound`
     */
    async visit({ user, access }: Actor, projectId: string): Promise<Visit> {
      if (access.projects.get(projectId)?.deleted !== false) throw noSuchProject();
      const others = and(eq(members.projectId, projectId), ne(members.accountId, user.id));
      if ((await db.read.select({ id: members.accountId }).from(members).where(others).limit(1)).length === 0)
        return { usernames: [], unread: [] };
      const own = and(eq(members.projectId, projectId), eq(members.accountId, user.id));
      const now = new Date();
      const unreadAfter = await db.write(async (tx) => {
        const [member] = await tx.select().from(members).where(own);
        if (!member) throw noSuchProject();
        const [log] = await tx
          .select({ newest: max(changes.id) })
          .from(changes)
          .where(eq(changes.projectId, projectId));
        const newest = Number(log?.newest ?? 0);
        const isSameVisit = now.getTime() - (member.lastSeenAt?.getTime() ?? 0) < VISIT_MS;
        const after = (isSameVisit ? member.unreadAfter : member.lastSeenChange) ?? newest;
        await tx.update(members).set({ lastSeenAt: now, lastSeenChange: newest, unreadAfter: after }).where(own);
        return after;
      }, projectId);
      const unread = await db.read
        .selectDistinct({ id: changes.entityId })
        .from(changes)
        .where(
          and(
            eq(changes.projectId, projectId),
            gt(changes.id, unreadAfter),
            eq(changes.entity, "task"),
            ne(changes.actorId, user.id),
          ),
        )
        .limit(MAX_UNREAD);
      const present = await db.read
        .select({ username: users.username })
        .from(members)
        .innerJoin(users, eq(users.id, members.accountId))
        .where(and(others, gt(members.lastSeenAt, new Date(now.getTime() - PRESENT_MS))));
      return { usernames: present.map(({ username }) => username).sort(), unread: unread.map(({ id }) => id) };
    },
  };
}
