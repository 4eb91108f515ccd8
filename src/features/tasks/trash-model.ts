import { type Static, t } from "elysia";
import { Count, Text } from "../../validation/index.ts";
import { exampleTask, Task } from "./model.ts";

const strict = { additionalProperties: false } as const;

/** How long a deleted task can come back. */
export const TRASH_DAYS = 30;

/** A task in the trash. */
export const DeletedTask = t.Object(
  { ...Task.properties, deletedAt: t.String({ format: "date-time" }) },
  { ...strict, examples: [{ ...exampleTask, deletedAt: "2026-05-04T08:00:00.000Z" }] },
);
export type DeletedTask = Static<typeof DeletedTask>;

export const TrashPage = t.Object(
  {
    items: t.Array(DeletedTask),
    nextCursor: t.Union([t.String(), t.Null()], { description: "Null on the last page." }),
  },
  {
    ...strict,
    examples: [{ items: [{ ...exampleTask, deletedAt: "2026-05-04T08:00:00.000Z" }], nextCursor: null }],
  },
);
export type TrashPage = Static<typeof TrashPage>;

export const TrashQuery = t.Object(
  {
    limit: t.Optional(Count({ title: "Limit", minimum: 1, maximum: 200, default: 50 })),
    cursor: t.Optional(
      Text({ title: "Cursor", minLength: 1, maxLength: 200, description: "`nextCursor` of the page before." }),
    ),
  },
  strict,
);
export type TrashQuery = Static<typeof TrashQuery>;
