import { sql } from "drizzle-orm";
import type { Dialect } from "../dialects.ts";
import type { Users } from "./accounts.ts";

/**
 * The change log: appended in the transaction that makes a change, and never changed. An account's ids become visible
 * in order. `features/changes/model.ts` documents the columns.
 */
export function declareChanges({ table, text, instant, json, counter, counted, index }: Dialect, users: Users) {
  const changes = table(
    "changes",
    {
      id: counter("id"),
      accountId: text("account_id")
        .notNull()
        .references(() => users.id, { onDelete: "cascade" }),
      actorId: text("actor_id"),
      through: text("through", { enum: ["browser", "token", "commandLine", "program"] }).notNull(),
      entity: text("entity", { enum: ["task", "account"] }).notNull(),
      entityId: text("entity_id").notNull(),
      verb: text("verb").notNull(),
      before: json("before"),
      after: json("after"),
      /** The first change of the action; null in the first one itself. */
      actionId: counted("action_id"),
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
  return { changes };
}
