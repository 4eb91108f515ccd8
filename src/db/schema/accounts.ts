import type { Dialect } from "../sqlite/dialect.ts";

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
      /** An IANA name; null for the time zone of the browser. */
      timeZone: text("time_zone"),
      dateFormat: text("date_format", { enum: ["dayMonth", "monthDay", "iso"] })
        .notNull()
        .default("dayMonth"),
      timeFormat: text("time_format", { enum: ["24h", "12h"] })
        .notNull()
        .default("24h"),
      firstDayOfWeek: text("first_day_of_week", { enum: ["monday", "saturday", "sunday"] })
        .notNull()
        .default("monday"),
      startPage: text("start_page", { enum: ["list", "inbox", "today", "upcoming"] })
        .notNull()
        .default("list"),
      disabledAt: instant("disabled_at"),
      /** A hash of the secret in the newest link to set a new password. */
      resetHash: text("reset_hash"),
      /** Null once the link is used. */
      resetExpiresAt: instant("reset_expires_at"),
      createdAt: instant("created_at").notNull(),
      updatedAt: instant("updated_at").notNull(),
    },
    (user) => [
      uniqueIndex("users_username_key").on(user.usernameKey),
      uniqueIndex("users_email_key").on(user.emailKey),
    ],
  );

  /** One row for each session; its id is the `jti` of the session's token. Signing out deletes the row. */
  const sessions = table(
    "sessions",
    {
      id: text("id").primaryKey(),
      userId: text("user_id")
        .notNull()
        .references(() => users.id, { onDelete: "cascade" }),
      createdAt: instant("created_at").notNull(),
      /** Moves on while the session is used. */
      expiresAt: instant("expires_at").notNull(),
      /** Written at most once an hour; null until the first time. */
      lastSeenAt: instant("last_seen_at"),
      /** The last device, in words, and the last address. */
      device: text("device"),
      address: text("address"),
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
