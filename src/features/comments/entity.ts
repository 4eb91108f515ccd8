import type { Schema } from "../../db/schema/index.ts";
import { firstLine } from "../../text/markdown.ts";
import { truncate } from "../../text/truncate.ts";
import type { Entity } from "../changes/entity.ts";

export type Row = Schema["comments"]["$inferSelect"];

/** Characters of a comment that stand for it, as in the activity. */
const SUMMARY = 100;

/** Comments in the change log: their fields, stated once. */
export const commentEntity = (table: Schema["comments"], count: Entity<Row>["count"]): Entity<Row> => ({
  name: "comment",
  table,
  scope: "projectId",
  permission: "edit",
  partOf: { entity: "task", key: table.taskId, idOf: ({ taskId }) => taskId },
  author: ({ authorId }) => authorId,
  count,
  fields: {
    projectId: { label: "project", columns: (value) => ({ projectId: String(value) }) },
    taskId: { label: "task", columns: (value) => ({ taskId: String(value) }) },
    authorId: { label: "author", columns: (value) => ({ authorId: String(value) }) },
    text: { label: "text", long: true, columns: (value) => ({ text: String(value).trim() }) },
    editedAt: {
      label: "text",
      columns: (value) => ({ editedAt: value === null ? null : new Date(String(value)) }),
    },
  },
  values: ({ projectId, taskId, authorId, text, editedAt }) => ({
    ...{ projectId, taskId, authorId, text },
    editedAt: editedAt?.toISOString() ?? null,
  }),
  title: ({ text }) => truncate(firstLine(text), SUMMARY, "…"),
});
