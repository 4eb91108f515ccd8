import { aliasedTable, and, eq, inArray, ne } from "drizzle-orm";
import type { Actor } from "../../actor.ts";
import { inChunks } from "../../chunks.ts";
import type { Database, Reader } from "../../db/database.ts";

/** The usernames of accounts, by id. */
export type Names = ReadonlyMap<string, string>;

export type People = ReturnType<typeof createPeople>;

/** Reads what people are called, and who is in a project. */
export function createPeople(db: Database) {
  const { members, users } = db.schema;
  const others = aliasedTable(members, "others");

  return {
    /** Returns the usernames of accounts, those that still exist. The caller has their ids from what the reader sees. */
    async namesOf(ids: Iterable<string | null>): Promise<Names> {
      const names = new Map<string, string>();
      const known = [...new Set(ids)].filter((id) => id !== null);
      for await (const chunk of inChunks(known)) {
        const rows = await db.read
          .select({ id: users.id, username: users.username })
          .from(users)
          .where(inArray(users.id, chunk));
        for (const { id, username } of rows) names.set(id, username);
      }
      return names;
    },

    /** Returns whether the actor shares any project. */
    async sharesAny({ user }: Actor): Promise<boolean> {
      const found = await db.read
        .select({ id: others.accountId })
        .from(members)
        .innerJoin(others, and(eq(others.projectId, members.projectId), ne(others.accountId, members.accountId)))
        .where(eq(members.accountId, user.id))
        .limit(1);
      return found.length > 0;
    },

    /** Returns those of the accounts that are members of a project. */
    async membersAmong(reader: Reader, projectId: string, accountIds: readonly string[]): Promise<ReadonlySet<string>> {
      const rows = await reader
        .select({ accountId: members.accountId })
        .from(members)
        .where(and(eq(members.projectId, projectId), inArray(members.accountId, accountIds as string[])));
      return new Set(rows.map(({ accountId }) => accountId));
    },
  };
}
