import { sql } from "drizzle-orm";
import type { Dialect } from "../sqlite/dialect.ts";
import type { Projects } from "./projects.ts";

/**
 * The change log: appended in the transaction that makes a change, and never changed. A project's ids become visible in
 * order. Events of an account are in the log of its Inbox. `features/changes/model.ts` documents the columns.
 */
export function declareChanges({ table, text, instant, json, counter, counted, index }: Dialect, projects: Projects) {
  const changes = table(
    "changes",
    {
      id: counter("id"),
      projectId: text("project_id")
        .notNull()
        .references(() => projects.id, { onDelete: "cascade" }),
      actorId: text("actor_id"),
      through: text("through", { enum: ["browser", "token", "commandLine", "program"] }).notNull(),
      entity: text("entity", { enum: ["task", "section", "project", "comment", "member", "account"] }).notNull(),
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
      index("changes_by_project").on(change.projectId, change.id),
      // Without the project: ids are unique, and new ones of all projects share a page.
      index("changes_by_entity").on(change.entityId, change.id),
      index("changes_by_action").on(change.actionId).where(sql`action_id is not null`),
      index("changes_by_undone").on(change.undoes).where(sql`undoes is not null`),
    ],
  );
  return { changes };
}
