import type { Schema } from "../../db/schema/index.ts";
import type { Entity } from "../changes/entity.ts";

export type Row = Schema["projects"]["$inferSelect"];

/** Projects in the change log, each in its own: their fields, stated once. */
export const projectEntity = (table: Schema["projects"], hooks: Pick<Entity<Row>, "purge" | "count">): Entity<Row> => ({
  name: "project",
  table,
  scope: "id",
  permission: "manage",
  ...hooks,
  fields: {
    name: {
      label: "name",
      columns: (value) => ({ name: String(value).trim() }),
      describe: (before) => `name was “${before}”`,
    },
    color: {
      label: "color",
      columns: (value) => ({ color: value === null ? null : String(value) }),
      describe: () => "color",
    },
    icon: {
      label: "icon",
      columns: (value) => ({ icon: value === null ? null : String(value) }),
      describe: () => "icon",
    },
    archived: {
      label: "archive",
      columns: (value, now, row) => ({ archivedAt: value ? (row?.archivedAt ?? now) : null }),
      describe: (_, after) => (after ? "archived" : "no longer archived"),
    },
  },
  values: ({ name, color, icon, archivedAt }) => ({ name, color, icon, archived: archivedAt !== null }),
  title: ({ name }) => name,
});
