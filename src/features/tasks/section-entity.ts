import type { Schema } from "../../db/schema/index.ts";
import type { Entity } from "../changes/entity.ts";
import type { Row } from "./section-list.ts";

/** Sections in the change log: their fields, stated once. */
export const sectionEntity = (table: Schema["sections"], extend: Entity<Row>["extend"]): Entity<Row> => ({
  name: "section",
  table,
  scope: "projectId",
  permission: "edit",
  extend,
  fields: {
    projectId: { label: "project", columns: (value) => ({ projectId: String(value) }) },
    name: {
      label: "name",
      columns: (value) => ({ name: String(value).trim() }),
      describe: (before) => `name was “${before}”`,
    },
    position: { label: "place", columns: (value) => ({ position: String(value) }) },
    archived: {
      label: "archive",
      columns: (value, now, row) => ({ archivedAt: value ? (row?.archivedAt ?? now) : null }),
      describe: (_, after) => (after ? "archived" : "no longer archived"),
    },
  },
  values: ({ projectId, name, position, archivedAt }) => ({
    projectId,
    name,
    position,
    archived: archivedAt !== null,
  }),
  title: ({ name }) => name,
  verb: (touched) => (touched.join() === "position" ? "move" : undefined),
});
