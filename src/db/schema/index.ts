import { sql } from "drizzle-orm";
import { type Dialect, sqliteDialect } from "../dialects.ts";

/** How urgent a task is, as a number: what sorting by priority goes by, and its index. */
export const rank = sql`(case priority when 'high' then 3 when 'medium' then 2 else 1 end)`;

/** Every table, declared once for whichever engine's builders come in. */
export function declareSchema(dialect: Dialect) {
  const { table, text, integer, instant, json, counter, counted, index, uniqueIndex, primaryKey, check } = dialect;

  const users = table(
    "users",
    {
      id: text("id").primaryKey(),
      username: text("username").notNull(),
      /** Folded, as `usernameKey` in the accounts room makes it: what uniqueness and sign-in go by. */
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

  /** One row for each token that still counts; its id is the token's `jti`. Signing out deletes it. */
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
      // What the sweep for those that ran out looks for.
      index("sessions_by_expiry").on(session.expiresAt),
    ],
  );

  /** One row, rewritten by the readiness check: a write that goes all the way to the disk. */
  const heartbeat = table("heartbeat", {
    id: integer("id").primaryKey(),
    beatAt: instant("beat_at").notNull(),
  });

  /**
   * The owner comes first in the key so that one owner's rows lie together (in SQLite the migration makes the table
   * `WITHOUT ROWID`, which Drizzle can't say) and so that no query finds a task without naming its owner.
   */
  const tasks = table(
    "tasks",
    {
      ownerId: text("owner_id")
        .notNull()
        .references(() => users.id, { onDelete: "cascade" }),
      id: text("id").notNull(),
      title: text("title").notNull(),
      /** Title and description folded for search and sorting, alike on every engine. */
      titleKey: text("title_key").notNull(),
      description: text("description").notNull(),
      descriptionKey: text("description_key").notNull(),
      priority: text("priority", { enum: ["low", "medium", "high"] }).notNull(),
      /** Set when the task is done, to the moment it was. */
      completedAt: instant("completed_at"),
      /** Set when the task is in the trash, to the moment it was put there. */
      deletedAt: instant("deleted_at"),
      /** Counts up with every change: the task's ETag. */
      version: integer("version").notNull(),
      createdAt: instant("created_at").notNull(),
      updatedAt: instant("updated_at").notNull(),
    },
    (task) => [
      primaryKey({ columns: [task.ownerId, task.id] }),
      // One for each sorting of a list: sorting an owner's thousand rows for a page cost five times the page.
      index("tasks_by_creation").on(task.ownerId, task.createdAt, task.id),
      index("tasks_by_update").on(task.ownerId, task.updatedAt, task.id),
      index("tasks_by_title").on(task.ownerId, task.titleKey, task.id),
      index("tasks_by_rank").on(task.ownerId, rank, task.id),
      // All that the counts above a list ask for, so that they read no task.
      index("tasks_by_standing").on(task.ownerId, task.deletedAt, task.priority, task.completedAt),
      // The trash as it is listed: one bulk action deletes many at the same moment.
      index("tasks_by_deletion").on(task.ownerId, task.deletedAt, task.id).where(sql`deleted_at is not null`),
      // What the emptying of the trash looks for, whoever's it is.
      index("tasks_in_trash").on(task.deletedAt).where(sql`deleted_at is not null`),
      check("tasks_priority", sql`${task.priority} in ('low', 'medium', 'high')`),
    ],
  );

  /**
   * What happened, in the order in which it did: appended in the transaction that did it, and never changed. An
   * account's numbers become visible in order. See `changes/model.ts` for what `before` and `after` hold.
   */
  const changes = table(
    "changes",
    {
      id: counter("id"),
      /** Whose data it is about. */
      accountId: text("account_id")
        .notNull()
        .references(() => users.id, { onDelete: "cascade" }),
      /** Who did it; null for the program itself and for whoever runs it. */
      actorId: text("actor_id"),
      through: text("through", { enum: ["browser", "token", "commandLine", "program"] }).notNull(),
      entity: text("entity", { enum: ["task", "account"] }).notNull(),
      entityId: text("entity_id").notNull(),
      verb: text("verb").notNull(),
      before: json("before"),
      after: json("after"),
      /** The first change of the same action, when one action changed many things; null in the first itself. */
      actionId: counted("action_id"),
      /** The action that this one took back. */
      undoes: counted("undoes"),
      at: instant("at").notNull(),
    },
    (change) => [
      index("changes_by_account").on(change.accountId, change.id),
      index("changes_by_entity").on(change.accountId, change.entityId, change.id),
      index("changes_by_action").on(change.actionId).where(sql`action_id is not null`),
      index("changes_by_undone").on(change.undoes).where(sql`undoes is not null`),
    ],
  );

  /** First answers to requests that named a key, for whoever repeats one of them. */
  const idempotencyKeys = table(
    "idempotency_keys",
    {
      /** Whose key it is: the same key of another account is another key. */
      scope: text("scope").notNull(),
      key: text("key").notNull(),
      /** What was asked with it, as a hash. */
      fingerprint: text("fingerprint").notNull(),
      answer: json("answer"),
      createdAt: instant("created_at").notNull(),
    },
    (each) => [
      primaryKey({ columns: [each.scope, each.key] }),
      index("idempotency_keys_by_creation").on(each.createdAt),
    ],
  );

  /** How far a copy into this database has come, a row a table; empty once a copy is whole. */
  const copyProgress = table("copy_progress", {
    table: text("table").primaryKey(),
    lastKey: json("last_key"),
    rows: integer("rows").notNull(),
  });

  return { users, sessions, heartbeat, tasks, changes, idempotencyKeys, copyProgress };
}

/** The tables of the embedded engine, as drizzle-kit and the types read them. */
export const { users, sessions, heartbeat, tasks, changes, idempotencyKeys, copyProgress } =
  declareSchema(sqliteDialect);

export type Schema = ReturnType<typeof declareSchema>;
