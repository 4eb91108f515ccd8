import { eq } from "drizzle-orm";
import type { Actor } from "../../actor.ts";
import { timeZoneOf } from "../../calendar.ts";
import type { Database } from "../../db/database.ts";
import { AppError } from "../../errors.ts";
import { type AccountPatch, toUser, type User } from "./model.ts";

/** The settings of an account. */
export function createSettings(db: Database) {
  const { users } = db.schema;

  return {
    /** Changes the settings of the actor's account. Omitted ones stay as they are. */
    async changeSettings({ user }: Actor, { timeZone, ...settings }: AccountPatch): Promise<User> {
      const [changed] = await db.write(
        (tx) =>
          tx
            .update(users)
            .set({ ...settings, timeZone: timeZone && timeZoneOf(timeZone), updatedAt: new Date() })
            .where(eq(users.id, user.id))
            .returning(),
        user.id,
      );
      if (!changed) throw new AppError("unauthenticated", "This account was deleted.");
      return toUser(changed);
    },
  };
}
