import type { Dialect } from "../dialects.ts";

export function declareAccounts({ table, text, instant, index, uniqueIndex }: Dialect) {
  const users = table(
    "users",
    {
      id: text("id").primaryKey(),
      username: text("username").notNull(),
      /** Folded by `accountKey` (features/accounts/model.ts): for uniqueness and sign-in. */
      usernameKey: text("username_key").notNull(),
      email: text("email").notNull(),
      emailKey: text("email_key").notNull(),
      passwordHash: text("password_hash").notNull(),
      disabledAt: instant("disabled_at"),
      createdAt: instant("created_at").notNull(),
      updatedAt: instant("updated_at").notNull(),
    },
    (user) => [
      uniqueIndex("users_username_key").on(user.usernameKey),
      uniqueIndex("users_email_key").on(user.emailKey),
    ],
  );

  /** One row for each valid token; its id is the token's `jti`. Signing out deletes the row. */
  const sessions = table(
    "sessions",
    {
      id: text("id").primaryKey(),
      userId: text("user_id")
        .notNull()
        .references(() => users.id, { onDelete: "cascade" }),
      createdAt: instant("created_at").notNull(),
      expiresAt: instant("expires_at").notNull(),
    },
    (session) => [
      index("sessions_user").on(session.userId),
      // For deleting expired sessions.
      index("sessions_by_expiry").on(session.expiresAt),
    ],
  );

  return { users, sessions };
}

export type Users = ReturnType<typeof declareAccounts>["users"];
