import { eq, inArray } from "drizzle-orm";
import type { Database } from "../../db/database.ts";
import { AppError } from "../../errors.ts";
import type { Projects } from "../projects/service.ts";
import type { RecordEvent } from "./history.ts";
import { accountKey, toUser, type User } from "./model.ts";

/** Returns the error for a username that does not exist. */
export const noSuchUser = (username: string) => new AppError("notFound", `There is no user “${username}”.`);

/** What only the operator does. */
export function createAdministration(
  db: Database,
  record: RecordEvent,
  { removeOwned }: Pick<Projects, "removeOwned">,
) {
  const { users, idempotencyKeys } = db.schema;

  return {
    /**
     * Disables an account and its reset link at once, or enables the account again. Its tasks stay.
     * @throws AppError `notFound`
     */
    async setDisabled(username: string, disabled: boolean): Promise<void> {
      const now = new Date();
      await db.write(async (tx) => {
        const [user] = await tx
          .update(users)
          .set({ disabledAt: disabled ? now : null, updatedAt: now, resetHash: null })
          .where(eq(users.usernameKey, accountKey(username)))
          .returning({ id: users.id });
        if (!user) throw noSuchUser(username);
        await record(tx, user.id, null, "commandLine", disabled ? "disable" : "enable");
      });
    },

    /** Returns every account, the oldest first. */
    async listUsers(): Promise<(User & { disabled: boolean })[]> {
      const rows = await db.read.select().from(users).orderBy(users.createdAt, users.id);
      return rows.map((row) => ({ ...toUser(row), disabled: row.disabledAt !== null }));
    },

    /**
     * Deletes an account with everything it owns: sessions, projects with what is in them, and idempotency keys.
     * @throws AppError `notFound`
     */
    async remove(username: string): Promise<void> {
      await db.write(async (tx) => {
        const [user] = await tx
          .select({ id: users.id })
          .from(users)
          .where(eq(users.usernameKey, accountKey(username)));
        if (!user) throw noSuchUser(username);
        await removeOwned(tx, user.id);
        await tx.delete(users).where(eq(users.id, user.id)); // the other tables follow by their foreign keys
        const scopes = [user.id, `register ${accountKey(username)}`];
        await tx.delete(idempotencyKeys).where(inArray(idempotencyKeys.scope, scopes));
      });
    },
  };
}
